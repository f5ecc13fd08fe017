/*
 * The events that frame the life of a store. A log of a process must show when it had the store, how long opening and
 * closing took, and what closing could not do.
 */
import { describe, expect, test } from 'vitest';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { breakDisk } from './disk-faults.ts';
import { bytes, openStore } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

function openWithAllEvents(disk: TestDisk, readOnly = false): [ReturnType<typeof openStore>, StoreEvent[]] {
  const events: StoreEvent[] = [];
  return [openStore(disk, { readOnly, onEvent: (event) => events.push(event) }), events];
}

function storeOfOne(): TestDisk {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('value'));
  store.close();
  return disk;
}

describe('a store', () => {
  test.each([false, true])('reports that it opened and closed once; read-only: %s', (readOnly) => {
    const [store, events] = openWithAllEvents(storeOfOne(), readOnly);
    const { recovery } = store.stats();
    expect(events).toEqual([
      { type: 'opened', readOnly, entries: 1, durationMs: expect.any(Number), report: recovery },
    ]);
    expect(recovery).toMatchObject({ imageUsed: true, clean: true });
    store.close();
    store.close();
    expect(events.slice(1)).toEqual([{ type: 'closed', durationMs: expect.any(Number), error: undefined }]);
    expect(JSON.parse(JSON.stringify(events[1]))).toEqual({ type: 'closed', durationMs: expect.any(Number) });
  });

  test('reports the error that closing throws', () => {
    const disk = new TestDisk();
    const [store, events] = openWithAllEvents(disk);
    store.writer.put(bytes('a'), bytes('value'));
    breakDisk(disk, { verb: 'write', errno: 'ENOSPC' });
    const io = expect.objectContaining({ code: 'IO' });
    expect(() => store.close()).toThrow(io);
    expect(events.at(-1)).toEqual({ type: 'closed', durationMs: expect.any(Number), error: io });
  });

  test('reports what opening found before it reports that it is open', () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    store.sync();
    store.writer.put(bytes('b'), bytes('value'));
    store.verify();
    const [, events] = openWithAllEvents(disk.afterCrash(() => 'all'));
    expect(events.map(({ type }) => type)).toEqual(['recovered', 'opened']);
    expect(events[1]).toMatchObject({ entries: 2, report: { clean: false } });
  });
});
