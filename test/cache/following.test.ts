/*
 * A read-only cache that follows its writer in the background. `test/store/log-follower.test.ts` has what a refresh finds.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LogCacheOptions } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { eventsInto } from '../store/event-collector.ts';
import { openFor, someMeta, utf8, valueText } from './cache-fixtures.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function writtenAndFollowed(options: LogCacheOptions = {}) {
  const storage = new MemoryStorage();
  const writer = openFor('cache', { storage });
  const put = (text: string): void => {
    writer.put('order:1', utf8(text), someMeta);
    writer.sync();
  };
  put('first');
  const events: StoreEvent[] = [];
  const reader = openFor('cache', { storage, readOnly: true, onEvent: eventsInto(events), ...options });
  return { storage, writer, put, reader, events };
}

test('refresh says whether there may be a change', () => {
  const { put, reader, writer } = writtenAndFollowed();
  expect(reader.refresh()).toBe(false);
  put('second');
  expect(valueText(reader, 'order:1')).toBe('first');
  expect(reader.refresh()).toBe(true);
  expect(valueText(reader, 'order:1')).toBe('second');
  expect(reader.refresh()).toBe(false);
  expect(writer.refresh()).toBe(false);
});

test('refreshEveryMs follows by itself until the cache is closed', () => {
  const { put, reader, events } = writtenAndFollowed({ refreshEveryMs: 1000 });
  put('second');
  vi.advanceTimersByTime(999);
  expect(valueText(reader, 'order:1')).toBe('first');
  vi.advanceTimersByTime(1);
  expect(valueText(reader, 'order:1')).toBe('second');
  expect(events).toEqual([{ type: 'refreshed', generation: 1, records: expect.any(Number), replaced: false }]);
  reader.close();
  put('third');
  vi.advanceTimersByTime(5000);
  expect(events).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('a refresh in the background that fails is an event, and the next one tries again', () => {
  const { storage, put, reader, events } = writtenAndFollowed({ refreshEveryMs: 10 });
  put('second');
  const open = vi.spyOn(storage.openDirectory('cache', { create: false }).constructor.prototype, 'open');
  open.mockImplementationOnce(() => {
    throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
  });
  vi.advanceTimersByTime(10);
  expect(events).toEqual([{ type: 'refresh-failed', error: expect.objectContaining({ code: 'IO' }) }]);
  expect(JSON.parse(JSON.stringify(events[0]))).toMatchObject({ error: { code: 'IO', cause: { code: 'EMFILE' } } });
  expect(valueText(reader, 'order:1')).toBe('first');
  vi.advanceTimersByTime(10);
  expect(valueText(reader, 'order:1')).toBe('second');
  open.mockRestore();
});

test.each([0, 1.5, 2 ** 31, Number.NaN])('refreshEveryMs of %d is refused', (refreshEveryMs) => {
  const storage = new MemoryStorage();
  expect(() => openFor('cache', { storage, readOnly: true, refreshEveryMs })).toThrow(RangeError);
});

test('refreshEveryMs of a cache that writes is a mistake', () => {
  expect(() => openFor('cache', { storage: new MemoryStorage(), refreshEveryMs: 10 })).toThrow(
    new TypeError('refreshEveryMs is for `readOnly: true`'),
  );
});
