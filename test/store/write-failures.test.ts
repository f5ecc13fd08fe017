/*
 * A disk that accepts no more bytes must cost nothing. A put that throws has changed nothing; accepted entries stay
 * readable and are written as soon as there is room, to the same offsets.
 */
import { describe, expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { breakDisk, fillUp } from './disk-faults.ts';
import { bytes, contentsOf, getBody, openStore, openWithEvents, StoreHistory } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const io = expect.objectContaining({ code: 'IO' });
const errnos = ['ENOSPC', 'EDQUOT', 'EIO'] as const;
const BODY = 'x'.repeat(10_000);

/** Puts until the store refuses; returns the accepted keys. */
function putUntilFull(store: LogStore, history: StoreHistory): void {
  for (let i = 0; i < 200; i += 1) {
    try {
      store.writer.put(bytes(`key ${i}`), bytes(BODY));
    } catch (error) {
      expect(error).toEqual(io);
      return;
    }
    history.accept((contents) => contents.set(`key ${i}`, BODY));
  }
  expect.fail('the store accepts everything');
}

/** Everything that would differ from a store without the failure. */
function snapshot(store: LogStore): unknown {
  const { entries, liveBytes, deadBytes, logBytes } = store.stats();
  return { entries, liveBytes, deadBytes, logBytes, contents: contentsOf(store) };
}

describe.each(errnos)('a write that fails with %s', (errno) => {
  test('makes a put throw that changes nothing, and loses no accepted entry', () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    const history = new StoreHistory();
    const fault = breakDisk(disk, { verb: 'write', errno });
    putUntilFull(store, history);
    const before = snapshot(store);
    const many = [1, 2, 3].map((i) => ({ key: bytes(`many ${i}`), value: bytes(BODY), trailer: bytes('') }));
    expect(() => store.writer.put(bytes('key 0'), bytes('other'.repeat(2000)))).toThrow(io);
    expect(() => store.writer.putMany(many)).toThrow(io);
    expect(() => store.sync()).toThrow(io);
    expect(snapshot(store)).toEqual(before);
    expect(contentsOf(store)).toEqual(history.current);
    fault.mend();
    store.writer.put(bytes('after'), bytes('value'));
    store.sync();
    expect(contentsOf(openStore(disk.afterCrash(() => 'none')))).toEqual(
      new Map(history.current).set('after', 'value'),
    );
  });

  test('makes deletions throw that delete nothing', () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    const history = new StoreHistory();
    const fault = breakDisk(disk, { verb: 'write', errno });
    putUntilFull(store, history);
    // The rest of the buffer is filled with the smallest possible records, so that a deletion does not fit either.
    expect(() => {
      while (store.stats().logBytes < 1_000_000) store.writer.put(bytes(''), bytes(''));
    }).toThrow(io);
    const before = snapshot(store);
    for (const prefix of ['key 10', 'key 1', 'key ', ''])
      expect(() => store.writer.deletePrefix(bytes(prefix))).toThrow(io);
    expect(() => store.writer.delete(bytes('key 0'))).toThrow(io);
    expect(snapshot(store)).toEqual(before);
    fault.mend();
    store.sync();
    expect(contentsOf(openStore(disk.afterCrash(() => 'none')))).toEqual(contentsOf(store));
  });

  test('in the background is reported, thrown once by the next call, and repaired by the one after', () => {
    const disk = new TestDisk();
    const deferred: (() => void)[] = [];
    const { store, events } = openWithEvents(disk, { defer: (task) => deferred.push(task) });
    store.writer.put(bytes('a'), bytes('value'));
    const fault = breakDisk(disk, { verb: 'write', errno });
    for (const task of deferred.splice(0)) task();
    expect(events).toEqual([{ type: 'background-write-failed', error: io }]);
    expect(() => store.writer.put(bytes('b'), bytes('value'))).toThrow(io);
    expect(store.reader.has(bytes('b'))).toBe(false);
    expect(getBody(store, bytes('a'))).toEqual(bytes('value'));
    fault.mend();
    store.writer.put(bytes('b'), bytes('value'));
    expect(events).toHaveLength(1);
    store.sync();
    expect(events.slice(1)).toEqual([{ type: 'background-writes-resumed', failures: 1 }]);
    store.writer.put(bytes('b'), bytes('another'));
    store.sync();
    expect(events).toHaveLength(2);
    expect(contentsOf(openStore(disk.afterCrash(() => 'none'))).size).toBe(2);
  });
});

describe('a disk that fills up', () => {
  test.each([1, 40, 300, 5000, 70_000])(
    'after %i more bytes loses nothing and continues when there is room',
    (bytesMax) => {
      const disk = new TestDisk();
      const store = openStore(disk);
      const history = new StoreHistory();
      const fault = fillUp(disk, bytesMax);
      putUntilFull(store, history);
      // A crash now leaves a prefix: the incomplete record at its end is truncated.
      expect(history.isPrefix(contentsOf(openStore(disk.afterKill())))).toBe(true);
      fault.mend();
      store.sync();
      history.sync();
      store.writer.delete(bytes('key 3'));
      history.accept((contents) => contents.delete('key 3'));
      store.close();
      expect(contentsOf(openStore(disk))).toEqual(history.current);
    },
  );

  test('with durable puts: a put that throws may exist or not, the others do', () => {
    const disk = new TestDisk();
    const store = openStore(disk, { durability: 'on-put' });
    store.writer.put(bytes('a'), bytes('value'));
    const fault = fillUp(disk, 30);
    expect(() => store.writer.put(bytes('b'), bytes(BODY))).toThrow(io);
    fault.mend();
    store.writer.put(bytes('c'), bytes('value'));
    const after = contentsOf(openStore(disk.afterCrash(() => 'none')));
    expect([...after.keys()]).toEqual(expect.arrayContaining(['a', 'c']));
  });

  test('in close is thrown by close, which closes the store nevertheless', () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    breakDisk(disk, { verb: 'write', errno: 'ENOSPC' });
    expect(() => store.close()).toThrow(io);
    expect(() => getBody(store, bytes('a'))).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect({ openFiles: disk.openFiles, locked: disk.locked }).toEqual({ openFiles: 0, locked: false });
  });
});

test('short and interrupted writes are not failures', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  let calls = 0;
  disk.before = ({ verb, name, length }) => {
    if (verb !== 'write') return undefined;
    calls += 1;
    if (calls % 3 === 0) throw Object.assign(new Error(`interrupted ${name}`), { code: 'EINTR' });
    return Math.max(1, length >>> 2);
  };
  for (let i = 0; i < 30; i += 1) store.writer.put(bytes(`key ${i}`), bytes(BODY));
  store.sync();
  disk.before = () => undefined;
  expect(contentsOf(openStore(disk.afterCrash(() => 'none'))).size).toBe(30);
});
