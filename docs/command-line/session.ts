// The session in docs/command-line.md: the lines that are typed, and how their output is made the same on every machine.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { LogCache, Projector } from '../../src/index.ts';

/** The times in the session, in microseconds: 2026-01-01 and one second more. */
const [FIRST_US, NEXT_US] = [1_767_225_600_000_000n, 1_767_225_601_000_000n];

/** What is typed, one command line each. */
const LINES: readonly string[] = [
  'projection-cache ls cache',
  'projection-cache get cache --stream order:507',
  'projection-cache get cache report',
  `projection-cache put cache report '{"orders":3}' --watermark 1043 --cached-at ${NEXT_US}`,
  'projection-cache get cache report --json',
  'projection-cache get cache reprot; echo "exit code $?"',
  'projection-cache stat cache',
  'projection-cache verify cache',
  'projection-cache log cache',
  'projection-cache backup cache saved',
  'projection-cache backup cache saved; echo "exit code $?"',
  'projection-cache dump cache > cache.ndjson',
  'head -n 1 cache.ndjson',
  'projection-cache load copy cache.ndjson',
  'projection-cache load copy cache.ndjson',
  `echo '{"key":"cmVwb3J0","value":' | projection-cache load copy; echo "exit code $?"`,
  'projection-cache delete-prefix copy --stream order:507',
  'projection-cache ls copy --long',
  'projection-cache compact copy',
  'projection-cache unlock copy',
  'projection-cache ls kache; echo "exit code $?"',
];

/** Runs the session with the programs in `bin` and returns what a terminal would show. */
export function runSession(bin: string): string {
  // Resolved, as the commands print it so.
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'projection-cache-session-')));
  try {
    createCache(join(directory, 'cache'));
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
    const shown = LINES.map((line) => {
      const { stdout } = spawnSync('sh', ['-c', `exec 2>&1\n${line}`], { cwd: directory, env, encoding: 'utf8' });
      return `$ ${line}\n${stdout}`;
    });
    return normalized(shown.join('\n'), directory).trimEnd();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What differs from run to run: the directory, the random salt of a log, and the sizes of the index, whose nodes are random. */
function normalized(text: string, directory: string): string {
  return text
    .replaceAll(directory, '/srv/orders')
    .replaceAll(/salt 0x[0-9a-f]{8}/g, 'salt 0x5eed5a17')
    .replaceAll(/(index(?: image of)? +)[\d,]+ bytes \([\d.]+ kB\)/g, '$149,340 bytes (49.3 kB)');
}

function createCache(directory: string): void {
  const cache = LogCache.open(directory);
  const events = [
    { sequence: 1041n, event: { cents: 1299 } },
    { sequence: 1042n, event: { cents: 850 } },
  ];
  const source = { head: () => 1042n, read: () => events };
  const total = {
    name: 'total',
    version: 2,
    initial: () => ({ cents: 0 }),
    apply: (state: { cents: number }, event: { cents: number }) => ({ cents: state.cents + event.cents }),
  };
  new Projector({ cache, source, nowUs: () => FIRST_US }).project(total, 'order:507');
  cache.put('report', new TextEncoder().encode('{"orders":2}'), { watermark: 1042n, cachedAtUs: FIRST_US });
  cache.close();
}
