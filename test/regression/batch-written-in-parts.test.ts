/*
 * After a short write of several records, writing continued at the wrong byte, and every later record was lost. Here
 * every write of a log transfers at most a few bytes, batches included.
 */
import { expect, test } from 'vitest';
import { crashStates, FaultStorage } from '../../src/testing/index.ts';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';

test.each([1, 7, 24, 33])('records and batches written %i bytes at a time are complete', (short) => {
  const storage = new FaultStorage({ rule: ({ verb }) => (verb === 'write' ? { short } : undefined) });
  const store = openStore(storage);
  const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
  store.writer.putMany(keys.map((key) => ({ key: bytes(key), value: bytes(`value of ${key}`), trailer: bytes('') })));
  store.writer.delete(bytes('key 0'));
  store.sync();
  const expected = contentsOf(store);
  expect(expected.size).toBe(19);
  const { changes } = storage.journal;
  for (const { image } of crashStates(storage.journal, { from: changes.length, combinationsMax: 8, tearsMax: 0 })) {
    expect(contentsOf(openStore(new FaultStorage({ image })))).toEqual(expected);
  }
});
