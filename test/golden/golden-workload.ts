import { bytes, type Contents, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

/** A store with every kind of record in it, with the same bytes each time. */
export interface WrittenStore {
  readonly name: string;
  readonly disk: TestDisk;
  readonly contents: Contents;
}

const TRAILER: Uint8Array = bytes('\x01\x02\x03\x04\x05\x06\x07\x08\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8');

/** The stores in `store-version-1.json`. */
export function goldenWorkload(): WrittenStore[] {
  return [written('closed', 'close'), written('killed after a sync', 'kill'), written('killed in a batch', 'tear')];
}

function written(name: string, end: 'close' | 'kill' | 'tear'): WrittenStore {
  const disk = new TestDisk();
  const store = openStore(disk, { random: randomOfVersion1() });
  for (const key of ['', 'a', 'order:1', 'order:10', 'order:2', '\xff\xff']) {
    store.writer.put(bytes(key), bytes(`first ${key}`), TRAILER);
  }
  store.sync();
  store.compact();
  store.writer.put(bytes('order:1'), bytes(''), TRAILER);
  store.writer.put(bytes('long'), bytes('0123456789'.repeat(300)), TRAILER);
  store.writer.delete(bytes('a'));
  store.writer.putMany(['b', 'order:3'].map((key) => ({ key: bytes(key), value: bytes(`batch ${key}`), trailer: TRAILER })));
  store.writer.deletePrefix(bytes('order:1'));
  store.sync();
  const contents = contentsOf(store);
  if (end === 'close') store.close();
  else disk.take('000002.index');
  if (end !== 'tear') return { name, disk: disk.afterKill(), contents };
  store.writer.putMany([{ key: bytes('b'), value: bytes('not whole'), trailer: TRAILER }]);
  store.verify();
  const torn = disk.afterKill();
  torn.place('000002.log', torn.bytes('000002.log').slice(0, -1));
  return { name, disk: torn, contents };
}

/** The random numbers for salts and towers when the golden stores were written: a linear congruential generator. */
function randomOfVersion1(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}
