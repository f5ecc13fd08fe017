/*
 * A compaction copies live records in the order of the log while the store is written to. What must not happen: a copy
 * of an entry that was deleted meanwhile, or of a replaced value, comes back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { bytes, contentsOf, openStore, openWithEvents } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const BIG = 100_000;

/** Starts a compaction of a log of many steps and stops midway: the small keys have been copied, the rest not. */
function inTheMiddle(): { disk: TestDisk; store: LogStore; end: () => Promise<void> } {
  const disk = new TestDisk();
  const store = openStore(disk);
  for (const key of ['a', 'b', 'user:1', 'user:2']) store.writer.put(bytes(key), bytes('old'));
  for (let i = 0; i < 10; i += 1) store.writer.put(bytes(`big ${i % 7}`), new Uint8Array(BIG).fill(i));
  const compaction = store.compactAsync();
  return { disk, store, end: () => compaction };
}

const meanwhile: readonly (readonly [string, (store: LogStore) => void, Record<string, string | undefined>])[] = [
  ['a delete', (store) => store.writer.delete(bytes('a')), { a: undefined, b: 'old' }],
  [
    'a prefix deletion',
    (store) => store.writer.deletePrefix(bytes('user:')),
    { 'user:1': undefined, 'user:2': undefined, a: 'old' },
  ],
  [
    'the deletion of all',
    (store) => store.writer.deletePrefix(bytes('')),
    { a: undefined, b: undefined, 'user:1': undefined },
  ],
  ['an overwrite', (store) => store.writer.put(bytes('a'), bytes('new')), { a: 'new', b: 'old' }],
  [
    'a delete and a put',
    (store) => {
      store.writer.delete(bytes('a'));
      store.writer.put(bytes('a'), bytes('again'));
    },
    { a: 'again' },
  ],
  [
    'a put and a delete of a new key',
    (store) => {
      store.writer.put(bytes('c'), bytes('short'));
      store.writer.delete(bytes('c'));
    },
    { c: undefined },
  ],
  [
    'a batch',
    (store) =>
      store.writer.putMany(
        ['a', 'c', 'a'].map((key, i) => ({ key: bytes(key), value: bytes(`batch ${i}`), trailer: bytes('') })),
      ),
    { a: 'batch 2', c: 'batch 1' },
  ],
  [
    'a prefix deletion of new keys',
    (store) => {
      store.writer.put(bytes('user:3'), bytes('value'));
      store.writer.deletePrefix(bytes('user:'));
      store.writer.put(bytes('user:4'), bytes('value'));
    },
    { 'user:1': undefined, 'user:3': undefined, 'user:4': 'value' },
  ],
];

describe.each(meanwhile)('%s in the middle of a compaction', (_name, write, expected) => {
  function expectIt(store: LogStore): void {
    const contents = contentsOf(store);
    for (const [key, body] of Object.entries(expected)) expect([key, contents.get(key)]).toEqual([key, body]);
    expect(store.verify()).toMatchObject({ ok: true, entries: contents.size });
  }

  test('holds during it, after it, and after a crash', async () => {
    const { disk, store, end } = inTheMiddle();
    write(store);
    expectIt(store);
    await end();
    expect(store.stats().generation).toBe(2);
    expectIt(store);
    expectIt(openStore(disk.afterCrash(() => 'none')));
    const image = disk.afterKill();
    expectIt(openStore(image));
  });

  test('holds if the compaction is abandoned', async () => {
    const { disk, store, end } = inTheMiddle();
    write(store);
    store.sync();
    const killed = disk.afterCrash(() => 'all');
    expectIt(openStore(killed));
    store.close();
    await end().catch(() => {});
    expectIt(openStore(disk));
  });
});

describe('compact', () => {
  test('frees dead bytes and keeps the rest', () => {
    const disk = new TestDisk();
    const { store, events } = openWithEvents(disk);
    for (let i = 0; i < 300; i += 1) store.writer.put(bytes(`key ${i % 30}`), bytes(`value ${i}`));
    store.writer.deletePrefix(bytes('key 1'));
    const before = store.stats();
    const contents = contentsOf(store);
    store.compact();
    const after = store.stats();
    expect(after).toMatchObject({ entries: before.entries, liveBytes: before.liveBytes, generation: 2 });
    expect(after.deadBytes).toBeLessThan(100);
    expect(after.logBytes).toBeLessThan(before.logBytes / 5);
    expect(contentsOf(store)).toEqual(contents);
    expect(disk.names).toEqual(['000002.index', '000002.log']);
    expect(events.map(({ type }) => type)).toEqual(['compaction-started', 'compaction-finished']);
  });

  test('of an empty store leaves an empty store', () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    store.writer.deletePrefix(bytes(''));
    store.compact();
    expect(contentsOf(openStore(disk.afterCrash(() => 'none'))).size).toBe(0);
    store.writer.put(bytes('b'), bytes('value'));
    store.sync();
    expect(contentsOf(openStore(disk.afterCrash(() => 'none'))).size).toBe(1);
  });

  test('completes an automatic compaction', async () => {
    const { store, end } = inTheMiddle();
    store.compact();
    expect(store.stats()).toMatchObject({ generation: 2, counters: { compactions: 1 } });
    await end();
    expect(store.stats()).toMatchObject({ generation: 2, counters: { compactions: 1 } });
  });

  test('works through many generations', () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    for (let round = 0; round < 20; round += 1) {
      store.writer.put(bytes('a'), bytes(`round ${round}`));
      store.writer.put(bytes(`key ${round}`), bytes('value'));
      store.compact();
    }
    expect(store.stats().generation).toBe(21);
    const after = openStore(disk.afterCrash(() => 'none'));
    expect(contentsOf(after).get('a')).toBe('round 19');
    expect(after.size).toBe(21);
  });
});

describe('compactAsync', () => {
  test('reports its progress, from zero to the end', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    for (let i = 0; i < 20; i += 1) store.writer.put(bytes(`key ${i % 15}`), new Uint8Array(BIG));
    const steps: { doneBytes: number; totalBytes: number }[] = [];
    await store.compactAsync({ onProgress: (progress) => steps.push(progress) });
    expect(steps.length).toBeGreaterThan(3);
    const done = steps.map(({ doneBytes }) => doneBytes);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(steps.at(-1)?.doneBytes).toBe(steps.at(-1)?.totalBytes);
  });

  test('lets timers and other work run between its steps', async () => {
    const store = openStore(new TestDisk());
    for (let i = 0; i < 20; i += 1) store.writer.put(bytes(`key ${i % 15}`), new Uint8Array(BIG));
    let turns = 0;
    const compaction = store.compactAsync();
    const counting = (async () => {
      while (store.stats().generation === 1) {
        turns += 1;
        await sleep(0);
      }
    })();
    await Promise.all([compaction, counting]);
    expect(turns).toBeGreaterThan(2);
  });

  test('writes no image that covers writes after its sync as durable', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    store.writer.put(bytes('a'), bytes('value'));
    disk.holdsSyncs = true;
    const compaction = store.compactAsync();
    store.writer.put(bytes('b'), bytes('before the sync'));
    while (disk.heldSyncs === 0) await sleep(0);
    store.writer.put(bytes('c'), bytes('after the sync'));
    store.verify();
    disk.releaseSyncs();
    await compaction;
    const crashed = disk.afterCrash(() => 'none');
    // Of what was not synced only the image happens to be on disk.
    if (disk.names.includes('000002.index')) crashed.place('000002.index', disk.bytes('000002.index'));
    expect([...contentsOf(openStore(crashed)).keys()]).toEqual(['a', 'b']);
  });

  test('that is aborted leaves the store unchanged', async () => {
    const { disk, store, end } = inTheMiddle();
    await end();
    for (let i = 0; i < 10; i += 1) store.writer.put(bytes(`big ${i % 7}`), new Uint8Array(BIG));
    const contents = contentsOf(store);
    const abort = new AbortController();
    const compaction = store.compactAsync({ signal: abort.signal });
    abort.abort();
    await expect(compaction).rejects.toMatchObject({ name: 'AbortError' });
    expect(contentsOf(store)).toEqual(contents);
    expect(disk.names.filter((name) => name.endsWith('.log'))).toEqual(['000002.log']);
    await expect(store.compactAsync({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    await store.compactAsync();
    expect(contentsOf(store)).toEqual(contents);
  });

  test('whose progress handler throws completes, and the error becomes a warning', async () => {
    const { store, end } = inTheMiddle();
    await end();
    for (let i = 0; i < 10; i += 1) store.writer.put(bytes(`big ${i % 7}`), new Uint8Array(BIG));
    const { generation } = store.stats();
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const onProgress = (): void => {
      throw new Error('the handler is broken');
    };
    await store.compactAsync({ onProgress });
    expect(store.verify({ onProgress }).ok).toBe(true);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      expect.stringMatching(/^onProgress threw/),
      expect.stringMatching(/^onProgress threw/),
    ]);
    warn.mockRestore();
    expect(store.stats().generation).toBeGreaterThan(generation);
  });

  test('of a store that is closed meanwhile rejects, and loses nothing', async () => {
    const { disk, store, end } = inTheMiddle();
    const contents = contentsOf(store);
    store.close();
    await expect(end()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(contentsOf(openStore(disk))).toEqual(contents);
    expect(disk.names.filter((name) => name.endsWith('.log'))).toHaveLength(1);
  });

  test('without dead bytes resolves', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    store.compact();
    const { generation } = store.stats();
    store.close();
    const again = openStore(disk);
    await again.compactAsync();
    expect(again.stats().generation).toBeGreaterThanOrEqual(generation);
    expect(contentsOf(again).size).toBe(1);
  });
});

test('close completes a compaction if the log would stay much too large, and abandons another', async () => {
  for (const keys of [1, 12]) {
    const disk = new TestDisk();
    const { store, events } = openWithEvents(disk);
    for (let i = 0; events.length === 0; i += 1)
      store.writer.put(bytes(`key ${i % keys}`), new Uint8Array(BIG).fill(i));
    store.close();
    const last = events.at(-1)?.type;
    expect(last).toBe(keys === 1 ? 'compaction-finished' : 'compaction-abandoned');
    expect(openStore(disk).size).toBe(keys);
  }
  await Promise.resolve();
});
