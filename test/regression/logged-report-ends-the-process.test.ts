/*
 * The first handler that a new user writes logs what it gets. `JSON.stringify` threw on the bigints of a report, and the error
 * of the handler ended the process. Errors in events were written as `{}`. The program here logs every report, event and
 * failure as JSON, also has handlers with mistakes, and must end as if it had none.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';

const index: URL = await builtScript(new URL('../../src/index.ts', import.meta.url));

const program = `
import { LogCache, Projector, StoreError } from ${JSON.stringify(index.href)};

const log = (kind) => (value) => console.log(kind, JSON.stringify(value));
const directory = process.argv[1];
const cache = LogCache.open(directory, { onEvent: log('event') });
const source = {
  identity: 'orders',
  head: () => 3n,
  read: (_stream, _kinds, after = 0n) => [1n, 2n, 3n].filter((at) => at > after).map((sequence) => ({ sequence, event: 1 })),
};
const sum = { name: 'sum', initial: () => 0, apply: (state, event) => state + event };
const projector = new Projector({ cache, source, onReport: log('report') });
projector.project(sum, 'order:1');
projector.project(sum, 'order:1');
log('warm')(projector.warm(['order:2'], { ...sum, apply: () => { throw new Error('a bad event'); } }));
try {
  LogCache.open(directory);
} catch (error) {
  log('error')(error);
}

const broken = () => { throw new Error('a mistake'); };
const careless = new Projector({ cache, source, onReport: broken });
const late = new Projector({ cache, source, onReport: async () => broken() });
for (const one of [careless, late]) console.log('state', one.project(sum, 'order:1'), one.project(sum, 'order:1'));
cache.close();
`;

interface Outcome {
  readonly code: number | string | null | undefined;
  readonly lines: readonly string[];
  readonly err: string;
}

function run(): Promise<Outcome> {
  const args = ['--input-type=module', '--eval', program, join(temporaryDirectory(), 'cache')];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, out, err) => {
      resolve({ code: error?.code ?? 0, lines: out.trimEnd().split('\n'), err });
    });
  });
}

test('a handler may log all it gets, and may have a mistake', async () => {
  const { code, lines, err } = await run();
  expect(code, err).toBe(0);
  const logged = (kind: string): unknown[] =>
    lines
      .filter((line) => line.startsWith(`${kind} `))
      .map((line) => JSON.parse(line.slice(kind.length + 1)) as unknown);
  expect(logged('report')).toMatchObject([
    { outcome: 'replay', watermark: '3', head: '3' },
    { outcome: 'hit', ageUs: expect.any(Number) },
  ]);
  expect(logged('warm')).toEqual([
    { done: 1, failures: [{ stream: 'order:2', error: expect.objectContaining({ message: 'a bad event' }) }] },
  ]);
  expect(logged('error')).toEqual([{ name: 'StoreError', code: 'LOCKED', message: expect.stringMatching(/./), ...{} }]);
  expect(lines.filter((line) => line.startsWith('state'))).toEqual(['state 3 3', 'state 3 3']);
  expect(err.match(/ProjectionCacheWarning: onReport threw an error/g)).toHaveLength(2);
});
