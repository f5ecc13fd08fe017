// Why this test: a command that changes a store must change what its caller named and nothing else, durably, and never create
// a store where none was meant.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { keyTexts, metaAt, openFor, temporaryDirectory, utf8 } from '../cache/cache-fixtures.ts';
import { closedStore, withCache } from '../docs/order-store.ts';
import { sampleDirectory } from './sample-directory.ts';
import { outputOf, run, snapshotOf } from './test-terminal.ts';

function entryOf(directory: string, key: string | Uint8Array) {
  return withCache(directory, (cache) => cache.get(key));
}

describe('put', () => {
  test('creates a store in an absent or empty directory, and says so', async () => {
    const directory = join(temporaryDirectory(), 'a', 'store');
    const { code, out, err } = await run([
      'put',
      directory,
      'order:1',
      '{"total":1}',
      '--watermark',
      '7',
      '--cached-at',
      '5',
    ]);
    expect([code, out, err]).toEqual([0, '', `creating a store in ${directory}\n`]);
    expect(entryOf(directory, 'order:1')).toEqual({
      value: utf8('{"total":1}'),
      meta: { watermark: 7n, cachedAtUs: 5n },
    });
    const empty = temporaryDirectory();
    expect((await run(['put', empty, 'k', 'v', '--watermark', '0'])).code).toBe(0);
  });

  test('reads bytes from standard input, and stamps the time of the call', async () => {
    const directory = sampleDirectory();
    const input = Uint8Array.of(0, 255, 10);
    const argv = ['put', directory, '/wA=', '-', '--base64', '--watermark', '18446744073709551615'];
    expect(await run(argv, { input, now: () => 1_700_000_000_123 })).toMatchObject({ code: 0, err: '' });
    const meta = { watermark: 2n ** 64n - 1n, cachedAtUs: 1_700_000_000_123_000n };
    expect(entryOf(directory, Uint8Array.of(255, 0))).toEqual({ value: input, meta });
  });

  test('does not replace an entry with a higher watermark, unless that is demanded', async () => {
    const directory = sampleDirectory();
    const argv = ['put', directory, 'order:2', 'old', '--watermark', '7'];
    expect(await run(argv)).toMatchObject({
      code: 10,
      err: expect.stringContaining('order:2 is there with the higher watermark 8'),
    });
    expect(entryOf(directory, 'order:2')?.meta.watermark).toBe(8n);
    expect((await run([...argv, '--overwrite'])).code).toBe(0);
    expect(entryOf(directory, 'order:2')?.value).toEqual(utf8('old'));
  });

  test.each<[readonly string[], RegExp]>([
    [['k', 'v'], /--watermark is missing/],
    [['k', 'v', '--watermark', '-1'], /ambiguous|must be an integer/],
    [['k', 'v', '--watermark', '1e3'], /--watermark must be an integer from 0 to 18446744073709551615, not 1e3/],
    [['k', 'v', '--watermark', '18446744073709551616'], /--watermark must be an integer/],
    [['k', 'v', '--watermark', '1', '--cached-at', '9223372036854775808'], /--cached-at must be an integer/],
    [['k', '--watermark', '1'], /VALUE is missing/],
    [['xyz', 'v', '--watermark', '1', '--hex'], /KEY is not pairs of hexadecimal digits: xyz/],
    [['a===', 'v', '--watermark', '1', '--base64'], /KEY is not base64/],
    [['6161', 'v', '--watermark', '1', '--hex', '--base64'], /--hex and --base64 exclude each other/],
    [['k', 'v', '--watermark', '1', '--wait', 'x'], /--wait must be an integer from 0/],
    [['k', 'v', 'w', '--watermark', '1'], /unexpected argument w/],
    [['k', 'v', '--watermark', '-1'], /'--watermark' argument is ambiguous\. A value that begins with - comes after =/],
    [['k', 'v', '--watermark=-1'], /--watermark must be an integer from 0 to \d+, not -1/],
    [['k', 'v', '--watermrk', '1'], /Unknown option '--watermrk'\. An argument that begins with - comes after --/],
  ])('refuses %s, and creates nothing', async (words, message) => {
    const directory = join(temporaryDirectory(), 'store');
    const { code, out, err } = await run(['put', directory, ...words]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err).toMatch(/\nSee: projection-cache put --help\n$/);
    expect(existsSync(directory)).toBe(false);
  });

  test('refuses a key that is too long, and changes nothing', async () => {
    const directory = sampleDirectory();
    const { code, err } = await run(['put', directory, 'k'.repeat(65_536), 'v', '--watermark', '1']);
    expect([code, err]).toEqual([7, expect.stringContaining('too large')]);
    expect(withCache(directory, (cache) => cache.size)).toBe(4);
  });
});

describe.each([['put', 'k', 'v', '--watermark', '1'], ['load']])('%s', (name = '', ...words) => {
  const runIn = (directory: string, ...more: string[]) => run([name, directory, ...words, ...more], { input: '\n' });

  test('starts no store among other files, unless that is demanded', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'src'));
    expect(await runIn(directory)).toMatchObject({
      code: 3,
      err: expect.stringMatching(/it holds src\. Name another directory, or .*--create/),
    });
    expect(readdirSync(directory)).toEqual(['src']);
    expect((await runIn(directory, '--create')).code).toBe(0);
    expect(readdirSync(directory)).toContain('000001.log');
  });

  test('does not replace a log that it cannot read', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, '000007.log'), 'of another program '.repeat(20));
    const before = snapshotOf(directory);
    expect(await runIn(directory)).toMatchObject({
      code: 3,
      err: expect.stringMatching(/000007\.log is damaged.*--create/),
    });
    expect(snapshotOf(directory)).toEqual(before);
  });

  test('refuses a file in place of the directory', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect((await runIn(file)).code).toBe(3);
  });
});

describe('delete-prefix', () => {
  test.each<[readonly string[], string, readonly string[]]>([
    [['order:'], 'removed 2 entries', ['customer:7', '\ufffd\0']],
    [['6f7264657231', '--hex'], 'removed 0 entries', []],
    [['--stream', 'order:1', '--name', 'total'], 'removed 1 entry', []],
    [['--stream', 'order:1', '--json'], '{"removed":1}', []],
    [['--all'], 'removed 4 entries', []],
  ])('%s', async (words, out, left) => {
    const directory = sampleDirectory();
    expect(await outputOf('delete-prefix', directory, ...words)).toBe(out);
    if (left.length > 0) expect(withCache(directory, keyTexts)).toEqual(left);
  });

  test.each<[readonly string[], RegExp]>([
    [[], /a prefix is missing: use --all/],
    [[''], /an empty prefix removes all: use --all/],
    [['order:', '--all'], /exclude each other/],
    [['order:', '--stream', 'order:1'], /exclude each other/],
    [['--name', 'total'], /--name needs --stream/],
    [['--stream', 'order:1', '--version', '1'], /--version needs --name/],
    [['--stream', 'order:1', '--name', ''], /--name must not be empty/],
  ])('refuses %s, and removes nothing', async (words, message) => {
    const directory = sampleDirectory();
    expect(await run(['delete-prefix', directory, ...words])).toMatchObject({
      code: 2,
      err: expect.stringMatching(message),
    });
    expect(withCache(directory, (cache) => cache.size)).toBe(4);
  });
});

describe('compact', () => {
  test('rewrites the log', async () => {
    const directory = closedStore('a');
    withCache(directory, (cache) => {
      for (let at = 0; at < 50; at += 1) cache.put('a', utf8(`state ${at}`), metaAt(at));
    });
    expect(await outputOf('compact', directory)).toMatch(
      /^generation 2: \d+ bytes, before [\d,]+ bytes \(\d\.\d kB\)$/,
    );
    expect(JSON.parse(await outputOf('compact', directory, '--json'))).toMatchObject({
      generation: expect.any(Number),
    });
  });

  test('that is interrupted leaves the store as it was', async () => {
    const directory = closedStore('a', 'b');
    withCache(directory, (cache) => cache.delete('a'));
    const { code, err } = await run(['compact', directory], { onInterrupt: (interrupt) => interrupt() });
    expect([code, err]).toEqual([130, 'projection-cache compact: interrupted\n']);
    expect(withCache(directory, (cache) => [keyTexts(cache), cache.stats().recovery.generation])).toEqual([['b'], 1]);
  });
});

test.each([['delete-prefix', 'order:'], ['compact']])(
  '%s creates nothing where no store is',
  async (name, ...words) => {
    const parent = temporaryDirectory();
    const directory = join(parent, 'store');
    expect((await run([name, directory, ...words])).code).toBe(3);
    mkdirSync(directory);
    expect((await run([name, directory, ...words])).code).toBe(3);
    expect(readdirSync(directory)).toEqual([]);
  },
);

describe('a store that is open for writing', () => {
  test.each([['put', 'k', 'v', '--watermark', '1'], ['delete-prefix', 'order:'], ['compact'], ['load']])(
    'is refused by %s',
    async (name = '', ...words) => {
      const directory = sampleDirectory();
      openFor(directory);
      const { code, err } = await run([name, directory, ...words]);
      expect([code, err]).toEqual([
        4,
        expect.stringMatching(/is already open in this process .* To wait on this command line: --wait MS\n$/),
      ]);
    },
  );

  test('is waited for with --wait', async () => {
    const directory = sampleDirectory();
    const cache = LogCache.open(directory);
    setTimeout(() => cache.close(), 50);
    const { code, err } = await run(['delete-prefix', directory, 'order:', '--wait', '60000']);
    expect([code, err]).toEqual([0, expect.stringMatching(/^waiting up to 60000 ms for the lock\. /)]);
  });
});
