// Why this test: a person makes a copy of a store that is in use, perhaps into a directory that is not what they think. The copy
// must be whole or be refused, and nothing else may change.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { keyTexts, metaAt, openFor, temporaryDirectory, utf8 } from '../cache/cache-fixtures.ts';
import { withCache } from '../docs/order-store.ts';
import { sampleDirectory } from './sample-directory.ts';
import { run, snapshotOf } from './test-terminal.ts';

describe('backup', () => {
  test('copies a store, which is the same when it is opened, and changes no byte of it', async () => {
    const directory = sampleDirectory();
    const before = snapshotOf(directory);
    const target = join(temporaryDirectory(), 'a', 'copy');
    const { code, out, err } = await run(['backup', directory, target]);
    expect([code, out, err]).toEqual([0, expect.stringMatching(/^copied 4 entries in \d+ records, \d+ bytes\n$/), '']);
    expect(snapshotOf(directory)).toEqual(before);
    const entries = (path: string) => withCache(path, (cache) => [...cache.entries()]);
    expect(entries(target)).toEqual(entries(directory));
  });

  test('copies what a writer has made durable, and prints JSON', async () => {
    const directory = join(temporaryDirectory(), 'store');
    const writer = openFor(directory);
    writer.put('a', utf8('1'), metaAt(1));
    writer.sync();
    writer.put('b', utf8('not synced'), metaAt(2));
    const target = join(temporaryDirectory(), 'copy');
    const { code, out } = await run(['backup', directory, target, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ entries: 1, recordsDamaged: 0 });
    expect(withCache(target, (cache) => keyTexts(cache))).toEqual(['a']);
  });

  test('refuses a target that is in use, and leaves it as it was', async () => {
    const directory = sampleDirectory();
    const target = temporaryDirectory();
    writeFileSync(join(target, 'letter.txt'), 'mine');
    const { code, out, err } = await run(['backup', directory, target]);
    expect([code, out]).toEqual([10, '']);
    expect(err).toMatch(
      /^projection-cache backup: could not back up into .*: the directory is not empty; name a new directory\n$/,
    );
    expect(readdirSync(target)).toEqual(['letter.txt']);
    expect((await run(['backup', directory, directory])).code).toBe(10);
  });

  test.each<[string, (at: string) => readonly string[], number]>([
    ['without a target', (at) => [at], 2],
    ['with an empty target', (at) => [at, ''], 2],
    ['of a directory that does not exist', (at) => [join(at, 'none'), join(at, 'copy')], 3],
    ['into a file', (at) => [at, join(at, 'file')], 5],
  ])('%s ends with its exit code', async (_name, argv, exitCode) => {
    const directory = sampleDirectory();
    writeFileSync(join(directory, 'file'), '');
    const { code, err } = await run(['backup', ...argv(directory)]);
    expect(code).toBe(exitCode);
    expect(err).not.toBe('');
  });

  test('that is interrupted leaves an empty directory, and can be repeated', async () => {
    const directory = join(temporaryDirectory(), 'store');
    withCache(directory, (cache) => {
      for (let i = 0; i < 200; i += 1) cache.put(`k${i}`, new Uint8Array(20_000), metaAt(i));
    });
    const target = join(temporaryDirectory(), 'copy');
    mkdirSync(target);
    const interrupted = await run(['backup', directory, target], {
      onInterrupt: (interrupt) => void setTimeout(interrupt, 1),
    });
    expect([interrupted.code, interrupted.err]).toEqual([130, 'projection-cache backup: interrupted\n']);
    expect(readdirSync(target)).toEqual([]);
    expect((await run(['backup', directory, target])).code).toBe(0);
    using copy = LogCache.open(target, { readOnly: true });
    expect(copy.size).toBe(200);
  });
});
