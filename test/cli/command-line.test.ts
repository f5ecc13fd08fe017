// Why this test: what all commands have in common: help, exit codes, colours, and an end without noise.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { ExitCode, exitCodeOf } from '../../src/cli/exit-codes.ts';
import { StoreError } from '../../src/index.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { closedStore } from '../docs/order-store.ts';
import { repositoryText } from '../tidy/repository-files.ts';
import { sampleDirectory } from './sample-directory.ts';
import { outputOf, run } from './test-terminal.ts';

describe('help', () => {
  test.each(commands.map(({ name }) => name))('%s --help shows its options and exits with 0', async (name) => {
    const help = await outputOf(name, '--help');
    expect(help).toMatch(new RegExp(`^Usage: projection-cache ${name} DIR`));
    for (const option of commands.find((command) => command.name === name)?.options ?? [])
      expect(help).toContain(`--${option.name}`);
    expect(await outputOf('help', name)).toBe(help);
    expect(await outputOf(name, 'a', 'b', 'c', 'd', 'e', '-h')).toBe(help);
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  test('lists every command, and is what a call without a command shows', async () => {
    const help = await outputOf('--help');
    for (const { name, summary } of commands) expect(help).toContain(`${name.padEnd(15)}${summary}`);
    expect(await run([])).toMatchObject({ code: 2, out: '', err: `${help}\n` });
  });

  test('names the version', async () => {
    expect(await outputOf('--version')).toBe(
      (JSON.parse(repositoryText('package.json')) as { version: string }).version,
    );
  });
});

describe('wrong usage', () => {
  test.each([
    [['lss', 'dir'], 'there is no command lss: there are stat, ls,'],
    [['help', 'lss'], 'there is no command lss'],
    [['ls'], 'ls: DIR is missing'],
    [['ls', ''], 'ls: DIR must not be empty'],
    [['ls', 'a', 'b'], 'ls: unexpected argument b'],
    [['get', 'a'], 'get: name one KEY, or entries with --stream'],
    [['get', 'a', 'key', '--stream', 's'], 'get: name one KEY, or entries with --stream'],
    [['ls', 'a', '--limit', '-1'], 'argument is ambiguous'],
    [['ls', 'a', '--limit', '1.5'], '--limit must be an integer from 0'],
    [['ls', 'a', '--json=1'], 'does not take an argument'],
    [['ls', 'a', '--prefix', 'b', '--stream', 'c'], 'a prefix and --stream exclude each other'],
  ])('%j ends with 2 and names the fault', async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).toMatch(/\nSee: projection-cache .*--help\n$/);
  });
});

describe('exit codes', () => {
  test('are those of the documentation', () => {
    const documented = [...repositoryText('docs/command-line.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) =>
      Number(code),
    );
    expect(documented).toEqual(Object.values(ExitCode));
  });

  test.each([
    ['LOCKED', 4],
    ['IO', 5],
    ['INCOMPATIBLE', 6],
    ['TOO_LARGE', 7],
    ['POISONED', 8],
    ['CORRUPT', 9],
    ['CLOSED', 70],
  ] as const)('%s is %i', (code, exitCode) => {
    expect(exitCodeOf(new StoreError(code, ''))).toBe(exitCode);
  });

  test('anything else is a bug of this program', () => {
    expect(exitCodeOf(new TypeError('x'))).toBe(70);
    expect(exitCodeOf(undefined)).toBe(70);
  });
});

describe('a reader that ends early, such as head', () => {
  test.each([['ls'], ['dump'], ['log'], ['stat'], ['verify']])('%s ends silently', async (name) => {
    expect(await run([name, sampleDirectory()], { outBytesMax: 5 })).toMatchObject({ code: 141, err: '' });
  });

  test('stops a long listing', async () => {
    const directory = closedStore(
      ...Array.from({ length: 3_000 }, (_, at) => `a long key number ${at}`.padEnd(80, '.')),
    );
    expect(await run(['ls', directory], { outBytesMax: 70_000 })).toMatchObject({ code: 141, err: '' });
  });
});

describe('a terminal', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours consist of.
  const sequences = /\u001b\[/;

  test('has colours, a pipe and a user who wants none have not', async () => {
    const directory = sampleDirectory();
    for (const name of ['stat', 'verify', 'log']) {
      expect((await run([name, directory], { isTerminal: true })).out).toMatch(sequences);
      expect((await run([name, directory])).out).not.toMatch(sequences);
      expect((await run([name, directory], { isTerminal: true, env: { NO_COLOR: '1' } })).out).not.toMatch(sequences);
      expect((await run([name, directory], { isTerminal: true, env: { TERM: 'dumb' } })).out).not.toMatch(sequences);
    }
  });

  test('shows progress of long work, and nothing of it remains', async () => {
    const directory = sampleDirectory();
    let time = 0;
    const now = (): number => (time += 1_000);
    for (const name of ['verify', 'dump', 'log']) {
      const { err } = await run([name, directory], { isTerminal: true, now });
      expect(err).toMatch(/(?:verify|dump|log): /);
      expect(err.endsWith('\r\u001b[K')).toBe(true);
      expect((await run([name, directory], { now })).err).toBe('');
    }
  });
});

test('a failure that is not expected asks for a report', async () => {
  const directory = join(temporaryDirectory(), 'store');
  let calls = 0;
  const now = (): number => {
    calls += 1;
    if (calls > 1) throw new Error('the clock stands still');
    return 0;
  };
  const { code, err } = await run(['put', directory, 'k', 'v', '--watermark', '1'], { now });
  expect([code, err]).toEqual([
    70,
    expect.stringMatching(/put: unexpected failure, please report it: Error: the clock stands still\n +at /),
  ]);
});
