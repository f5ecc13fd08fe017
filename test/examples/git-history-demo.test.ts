import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtScript, runBuilt, type ScriptRun } from '../scripts/built-script.ts';
import { ThrowawayRepository } from './git-history-repository.ts';

const script: URL = await builtScript(new URL('../../docs/examples/git-history/main.ts', import.meta.url));

let repository: ThrowawayRepository;
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'git-history-test-'));
  repository = new ThrowawayRepository();
  repository.commit('2024-01-01T10:00:00Z', { 'read me.txt': 'one\ntwo\n', 'src/a.ts': 'a\n' });
  repository.commit('2024-02-01T10:00:00Z', { 'src/a.ts': 'a\nb\nc\n', 'src/new\nline.ts': 'n\n' });
  repository.commit('2024-03-01T10:00:00Z', { 'read me.txt': null, picture: new Uint8Array([0, 1, 2]) });
});

afterAll(() => {
  repository.remove();
  rmSync(directory, { recursive: true, force: true });
});

function demo(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): ScriptRun {
  return runBuilt(script, args, { cwd: repository.path, ...options });
}

/** The output without the times, which differ from run to run. */
function outcome(run: ScriptRun): string {
  return run.out.replaceAll(/ +(?:[\d,]+ ms|time)$/gm, '');
}

describe('npm run demo', () => {
  test('prints the result of the commits', () => {
    const run = demo([]);
    expect([run.status, run.err]).toEqual([0, '']);
    const head = repository.git('rev-parse', 'HEAD').trim();
    const lines = outcome(run).trimEnd().split('\n');
    expect(lines.slice(0, 6)).toEqual([
      'With a cache 1 commit behind, 4 of 15 events are folded.',
      '',
      '  a program starts with       events  spared',
      '  no cache                        15     0 %',
      '  a cache 1 commit behind          4    73 %',
      '  a cache that is up to date       0   100 %',
    ]);
    expect(lines.slice(12, 20)).toEqual([
      `3 commits without merges, up to ${head}`,
      '6 events: one file changed by one commit each',
      '',
      '  commits  added  removed  last change  busiest files',
      '        2      2        2  2024-03-01   read me.txt',
      '        2      3        0  2024-02-01   src/a.ts',
      '        1      1        0  2024-02-01   "src/new\\nline.ts"',
      '        1      0        0  2024-03-01   picture',
    ]);
    expect(lines.at(-1)).toMatch(/^All three ways lead to the same states, fingerprint [0-9a-f]{16}$/);
  });

  test('prints the same result twice, apart from the costs, and keeps the caches in the given directory', () => {
    const cache = join(directory, 'caches');
    const first = demo(['--cache', cache]);
    expect(first.out).toMatch(/\n {2}no cache +15 +0 % +[\d,]+ ms\n/);
    expect(first.out).toContain(`The caches are in ${cache}`);
    writeFileSync(join(cache, 'whole', 'foreign.txt'), 'not ours');

    const second = demo([repository.path, `--cache=${cache}`], { cwd: directory });
    expect([second.status, second.err]).toEqual([0, '']);
    expect(outcome(second)).toBe(outcome(first));
    expect(readdirSync(join(cache, 'whole'))).toContain('foreign.txt');
  });

  test('removes its temporary directory', () => {
    const temporary = mkdtempSync(join(directory, 'temporary-'));
    expect(demo([], { env: { ...process.env, TMPDIR: temporary } }).status).toBe(0);
    const left = readdirSync(temporary).filter((name) => name.startsWith('projection-cache-demo-'));
    expect(left).toEqual([]);
  });

  test('--help prints how to use it', () => {
    const run = demo(['--help']);
    expect([run.status, run.err]).toEqual([0, '']);
    expect(run.out).toMatch(/^Usage: npm run demo/);
  });

  test('handles a history of one commit', () => {
    const small = new ThrowawayRepository();
    try {
      small.commit('2024-01-01T00:00:00Z', { a: '1\n' });
      const run = demo([small.path]);
      expect([run.status, run.err]).toEqual([0, '']);
      expect(outcome(run)).toContain('  a cache 1 commit behind          2     0 %\n');
    } finally {
      small.remove();
    }
  });

  test('handles a history without any change', () => {
    const empty = new ThrowawayRepository();
    try {
      empty.commit('2024-01-01T00:00:00Z', {});
      const run = demo([empty.path]);
      expect([run.status, run.err]).toEqual([0, '']);
      expect(outcome(run)).toContain('  a cache 1 commit behind          0     0 %\n');
    } finally {
      empty.remove();
    }
  });
});

describe('npm run demo reports what it needs, without a stack, and fails', () => {
  function complaintOf(run: ScriptRun): string {
    expect([run.status, run.out]).toEqual([1, '']);
    expect(run.err).not.toMatch(/^\s+at /m);
    return run.err;
  }

  test('without git', () => {
    const run = demo([], { env: { ...process.env, PATH: directory } });
    expect(complaintOf(run)).toMatch(/^This needs git, which is not on the PATH: install it/);
  });

  test('outside a repository', () => {
    expect(complaintOf(demo([], { cwd: directory }))).toMatch(/is not in a git repository that can be read: give/);
  });

  test('for a path that is not there', () => {
    expect(complaintOf(demo(['absent']))).toMatch(/absent is not a directory: give the path of a git repository/);
  });

  test('for a repository without commits', () => {
    const empty = new ThrowawayRepository();
    try {
      expect(complaintOf(demo([empty.path]))).toMatch(/has no commits yet: commit something/);
    } finally {
      empty.remove();
    }
  });

  test('for a cache directory that is a file', () => {
    expect(complaintOf(demo(['--cache', fileURLToPath(script)]))).toMatch(/^[A-Z]+: /);
  });

  test('for an option that it does not have', () => {
    expect(complaintOf(demo(['--speed']))).toMatch(/--speed[\s\S]*Usage: npm run demo/);
  });
});
