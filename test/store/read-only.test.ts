/*
 * A read-only store takes no lock, writes nothing, and sees exactly what its writer has recorded as durable: no more,
 * as the rest may be gone after a crash, and no less.
 */
import { describe, expect, test, vi } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import type { DiskVerb } from '../../src/testing/index.ts';
import { breakDisk, WRITING } from './disk-faults.ts';
import { flip, lastRecordOf } from './log-records.ts';
import { bytes, contentsOf, getBody, openStore, openWithEvents, StoreHistory } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

function writtenStore(): { disk: TestDisk; store: LogStore } {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('value'));
  store.writer.put(bytes('b'), bytes('value'));
  store.sync();
  return { disk, store };
}

/** Opens read-only; any operation that writes fails the test. */
function openReader(disk: TestDisk): ReturnType<typeof openWithEvents> {
  disk.before = ({ verb, name }) => {
    if (WRITING.has(verb)) throw new Error(`a reader asked for ${verb} ${name}`);
    return undefined;
  };
  const reader = openWithEvents(disk, { readOnly: true });
  disk.before = () => undefined;
  return reader;
}

describe('a read-only store', () => {
  test('sees what was synced, beside a writer that is open, and takes no lock', () => {
    const { disk, store } = writtenStore();
    store.writer.put(bytes('c'), bytes('written but not synced'));
    store.verify();
    const { store: reader, events } = openReader(disk);
    expect([...contentsOf(reader).keys()]).toEqual(['a', 'b']);
    expect(reader.verify().ok).toBe(true);
    expect(events).toEqual([]);
    store.writer.put(bytes('d'), bytes('value'));
    store.sync();
    expect([...contentsOf(reader).keys()]).toEqual(['a', 'b']);
    expect([...contentsOf(openReader(disk).store).keys()]).toEqual(['a', 'b', 'c', 'd']);
  });

  test('opens the log and the two images once if no writer changes it meanwhile, and an existing directory only', () => {
    const { disk } = writtenStore();
    const verbs: DiskVerb[] = [];
    disk.before = ({ verb }) => void verbs.push(verb);
    const created: boolean[] = [];
    const openDirectory = (_path: string, { create }: { readonly create: boolean }): TestDisk => {
      created.push(create);
      return disk;
    };
    const open = vi.spyOn(disk, 'open');
    openStore({ openDirectory }, { readOnly: true });
    expect(verbs.filter((verb) => verb === 'list')).toHaveLength(2);
    expect(created).toEqual([false]);
    expect(open.mock.calls.map(([, access]) => access)).toEqual(['read', 'read', 'read']);
    openStore({ openDirectory: (path, options) => openDirectory(path, options).afterKill() });
    expect(created).toEqual([false, true]);
  });

  test.each<[string, () => TestDisk]>([
    ['a directory without a log', () => new TestDisk()],
    [
      'a log that ends with its last durable record',
      () => {
        const { disk, store } = writtenStore();
        store.close();
        disk.place('000001.log', disk.bytes('000001.log').slice(0, lastRecordOf(disk, '000001.log', 'b').end));
        return disk;
      },
    ],
  ])('opens %s once', (_name, make) => {
    const disk = make();
    let listings = 0;
    disk.before = ({ verb }) => {
      listings += verb === 'list' ? 1 : 0;
      return undefined;
    };
    openStore(disk, { readOnly: true });
    expect(listings).toBe(2);
  });

  test('of a log that is shorter than its image says is empty', () => {
    const { disk, store } = writtenStore();
    store.close();
    disk.place('000001.log', disk.bytes('000001.log').slice(0, lastRecordOf(disk, '000001.log', 'b').offset));
    const { store: reader } = openReader(disk);
    expect(reader.size).toBe(0);
    expect(reader.stats().recovery).toMatchObject({ imageUsed: false, forgotten: true });
  });

  test.each<[string, (disk: TestDisk) => void]>([
    ['is removed', (disk) => disk.take('000001.log')],
    ['is truncated', (disk) => disk.place('000001.log', disk.bytes('000001.log').slice(0, 100))],
  ])('starts again if the log %s after it was read, and leaves no other file open', (_name, replace) => {
    const { disk, store } = writtenStore();
    const compacted = disk.afterKill();
    const writer = openStore(compacted);
    writer.writer.delete(bytes('b'));
    writer.compact();
    let listings = 0;
    disk.before = ({ verb }) => {
      listings += verb === 'list' ? 1 : 0;
      if (verb !== 'list' || listings !== 2) return undefined;
      disk.place('000002.log', compacted.bytes('000002.log'));
      replace(disk);
      return undefined;
    };
    const openBefore = disk.openFiles;
    const reader = openStore(disk, { readOnly: true });
    expect(reader.stats().generation).toBe(2);
    expect([...contentsOf(reader).keys()]).toEqual(['a']);
    expect(disk.openFiles).toBe(openBefore + 1);
    store.close();
  });

  test('of a directory whose first log appears meanwhile starts again', () => {
    const { disk: other } = writtenStore();
    const disk = new TestDisk();
    let listings = 0;
    disk.before = ({ verb }) => {
      listings += verb === 'list' ? 1 : 0;
      if (verb === 'list' && listings === 2) disk.place('000001.log', other.bytes('000001.log'));
      return undefined;
    };
    expect([...contentsOf(openStore(disk, { readOnly: true })).keys()]).toEqual(['a', 'b']);
    expect(listings).toBe(4);
  });

  test('fails with IO if the directory cannot be listed a second time, and closes its files', () => {
    const { disk } = writtenStore();
    const killed = disk.afterKill();
    breakDisk(killed, { verb: 'list', errno: 'EIO', after: 1, times: 1 });
    expect(() => openStore(killed, { readOnly: true })).toThrow(expect.objectContaining({ code: 'IO' }));
    expect(killed.openFiles).toBe(0);
  });

  test('sees the same with an image and without it', () => {
    const { disk, store } = writtenStore();
    store.close();
    expect(openReader(disk).store.stats().recovery.imageUsed).toBe(true);
    disk.take('000001.index');
    const { store: reader } = openReader(disk);
    expect(reader.stats().recovery.imageUsed).toBe(false);
    expect(contentsOf(reader).size).toBe(2);
  });

  test('refuses to write', async () => {
    const { disk } = writtenStore();
    const { store: reader } = openReader(disk);
    const readOnly = expect.objectContaining({ code: 'READ_ONLY' });
    expect(() => reader.writer.put(bytes('c'), bytes('value'))).toThrow(readOnly);
    expect(() => reader.writer.putMany([])).toThrow(readOnly);
    expect(() => reader.writer.delete(bytes('a'))).toThrow(readOnly);
    expect(() => reader.writer.deletePrefix(bytes(''))).toThrow(readOnly);
    expect(() => reader.sync()).toThrow(readOnly);
    expect(() => reader.compact()).toThrow(readOnly);
    await expect(reader.syncAsync()).rejects.toEqual(readOnly);
    await expect(reader.compactAsync()).rejects.toEqual(readOnly);
    expect(contentsOf(reader).size).toBe(2);
  });

  test('leaves nothing behind, and closes more than once', () => {
    const { disk, store } = writtenStore();
    store.close();
    const names = disk.names;
    const { store: reader } = openReader(disk);
    disk.before = ({ verb, name }) => {
      if (WRITING.has(verb)) throw new Error(`a reader asked for ${verb} ${name}`);
      return undefined;
    };
    reader.close();
    reader.close();
    expect(disk.names).toEqual(names);
    expect(disk.openFiles).toBe(0);
  });

  test('of a directory without a store is empty', () => {
    const disk = new TestDisk();
    const { store: reader, events } = openReader(disk);
    expect(reader.size).toBe(0);
    expect(contentsOf(reader).size).toBe(0);
    expect(reader.verify()).toMatchObject({ ok: true, records: 0 });
    expect(reader.stats()).toMatchObject({ entries: 0, generation: 1, recovery: { generation: 0, clean: true } });
    expect(events).toEqual([]);
    reader.close();
    expect(disk.names).toEqual([]);
  });

  test('of a log without a complete record is empty and reports why', () => {
    const disk = new TestDisk();
    disk.place('000001.log', bytes('this file was a log, but its header was overwritten'));
    const { store: reader, events } = openReader(disk);
    expect(reader.size).toBe(0);
    expect(events).toEqual([expect.objectContaining({ type: 'recovered' })]);
    expect(disk.names).toEqual(['000001.log']);
  });

  test('skips damage without repairing it', () => {
    const { disk, store } = writtenStore();
    store.writer.put(bytes('c'), bytes('value'));
    store.sync();
    flip(disk, '000001.log', lastRecordOf(disk, '000001.log', 'b').bodyOffset);
    const before = disk.bytes('000001.log');
    const { store: reader, events } = openReader(disk.afterKill());
    expect([...contentsOf(reader).keys()]).toEqual(['a', 'c']);
    expect(reader.stats().counters).toMatchObject({ corruptions: 1, recoveries: 1 });
    expect(events.map(({ type }) => type)).toEqual(['recovered']);
    expect(disk.bytes('000001.log')).toEqual(before);
  });

  test('forgets an entry that is found damaged later, and writes nothing about it', () => {
    const { disk, store } = writtenStore();
    store.close();
    flip(disk, '000001.log', lastRecordOf(disk, '000001.log', 'b').bodyOffset);
    const { store: reader, events } = openReader(disk);
    expect(getBody(reader, bytes('b'))).toBeUndefined();
    expect(reader.reader.has(bytes('b'))).toBe(false);
    expect(events.map(({ type }) => type)).toEqual(['entry-damaged']);
    expect(reader.verify().ok).toBe(false);
  });

  test('never lies at any step of a compacting writer', () => {
    const { disk, store } = writtenStore();
    const history = new StoreHistory(contentsOf(store));
    store.writer.put(bytes('a'), bytes('newer'));
    store.writer.delete(bytes('b'));
    history.accept((contents) => contents.set('a', 'newer'));
    history.accept((contents) => contents.delete('b'));
    store.sync();
    history.sync();
    let looks = 0;
    disk.before = ({ verb }) => {
      if (verb === 'read' || verb === 'size' || verb === 'open' || verb === 'list' || verb === 'close')
        return undefined;
      const found = contentsOf(openStore(disk.afterKill(), { readOnly: true }));
      expect(history.isPrefix(found)).toBe(true);
      looks += 1;
      return undefined;
    };
    store.compact();
    store.close();
    expect(looks).toBeGreaterThan(10);
  });
});
