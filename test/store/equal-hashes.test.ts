// Why this test: a read uses the slot of the key's hash without comparing the key in the index, and detects at the
// record whether the slot belongs to the key. Two keys of one hash are rare, so this test searches for a pair.
import { expect, test } from 'vitest';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { LogStore } from '../../src/store/log-store.ts';
import { pairOfEqualHash } from '../key-index/index-fixtures.ts';
import { bytes, getBody, text } from './store-history.ts';

/** Every random number of these stores, so also both halves of their hash key. */
const RANDOM = 1;

test('two keys with the same hash are never confused', () => {
  const [first, second] = pairOfEqualHash(RANDOM);
  const storage = new MemoryStorage();
  const open = (): LogStore => LogStore.open('store', {}, { storage, random: () => RANDOM, defer: () => {} });
  const read = (store: LogStore, name: string): string | undefined => {
    const body = getBody(store, bytes(name));
    return body === undefined ? undefined : text(body);
  };
  let store = open();
  store.writer.put(bytes(first), bytes('of the first'));
  expect(read(store, second)).toBeUndefined();
  store.writer.put(bytes(second), bytes('of the second'));
  expect([read(store, first), read(store, second)]).toEqual(['of the first', 'of the second']);
  store.close();
  // No record is in memory now; each must be read from the file.
  store = open();
  expect([read(store, first), read(store, second)]).toEqual(['of the first', 'of the second']);
  expect([read(store, first), read(store, second)]).toEqual(['of the first', 'of the second']);
  store.writer.delete(bytes(first));
  expect([read(store, first), read(store, second)]).toEqual([undefined, 'of the second']);
  expect(store.stats().counters.corruptions).toBe(0);
  store.close();
});
