/*
 * A lease that is renewed late is the last warning before another process takes the lock over. The operator must hear of it,
 * and the write that noticed it must succeed.
 */
import { expect, test } from 'vitest';
import { nodePlatform } from '../../src/storage/node-fs.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { eventsInto } from '../store/event-collector.ts';
import { openFor, someMeta, temporaryDirectory, utf8, valueText } from './cache-fixtures.ts';

const LEASE_MS = 10_000;

test('a process that was paused for more than half of its lease reports it once, and continues', () => {
  let pausedMs = 0;
  const elapsed = (): number => performance.now() + pausedMs;
  const storage = new NodeStorage({ ...nodePlatform(), elapsed });
  const events: StoreEvent[] = [];
  const cache = openFor(temporaryDirectory(), { storage, lock: { leaseMs: LEASE_MS }, onEvent: eventsInto(events) });
  cache.put('order:1', utf8('state'), someMeta);
  cache.sync();
  expect(events).toEqual([]);
  pausedMs = LEASE_MS;
  for (const key of ['order:2', 'order:3']) {
    cache.put(key, utf8('state'), someMeta);
    cache.sync();
  }
  expect(events).toEqual([{ type: 'lease-renewed-late', leaseMs: LEASE_MS, ageMs: expect.any(Number) }]);
  expect(events[0]).toMatchObject({ ageMs: expect.closeTo(LEASE_MS, -4) });
  expect(valueText(cache, 'order:3')).toBe('state');
});
