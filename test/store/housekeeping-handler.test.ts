/*
 * A handler of events may write to the store. If the old generation cannot be closed, the handler is called while a
 * compaction ends: its writes must not advance that compaction again.
 */
import { expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { breakDisk } from './disk-faults.ts';
import { bytes, contentsOf, openStore } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

test.each<[string, (store: LogStore) => void]>([
  ['puts', (store) => store.writer.put(bytes('handled'), bytes('value'))],
  ['compacts', (store) => store.compact()],
])('a handler that %s when the old generation cannot be closed does not end the compaction twice', (_name, handle) => {
  const disk = new TestDisk();
  const types: string[] = [];
  const store: LogStore = openStore(disk, {
    onEvent: ({ type }) => {
      if (type !== 'opened') types.push(type);
      if (type === 'housekeeping-failed') handle(store);
    },
  });
  for (let i = 0; i < 20; i += 1) store.writer.put(bytes(`key ${i % 5}`), new Uint8Array(1000).fill(i));
  const fault = breakDisk(disk, { verb: 'close', name: '000001.log', errno: 'EIO', times: 1 });
  store.compact();
  expect(fault.failed).toBe(1);
  expect(types).toEqual(['compaction-started', 'housekeeping-failed', 'compaction-finished']);
  expect(store.stats()).toMatchObject({ generation: 2, counters: { compactions: 1 } });
  expect(store.verify().ok).toBe(true);
  const contents = contentsOf(store);
  store.close();
  expect(contentsOf(openStore(disk))).toEqual(contents);
});
