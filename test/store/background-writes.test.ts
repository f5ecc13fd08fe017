/*
 * Writes and syncs that no caller waits for: at the end of a turn, and on a timer. What must not happen: one for each
 * put, one of a store that no longer writes, or a failure that is not reported, or again and again.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { breakDisk } from './disk-faults.ts';
import { bytes, contentsOf, openWithEvents } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const LOG = '000001.log';

interface Deferring {
  readonly disk: TestDisk;
  readonly opened: ReturnType<typeof openWithEvents>;
  /** The tasks for the end of the turn. */
  readonly deferred: (() => void)[];
}

function deferring(): Deferring {
  const disk = new TestDisk();
  const deferred: (() => void)[] = [];
  return { disk, deferred, opened: openWithEvents(disk, { defer: (task) => deferred.push(task) }) };
}

/** Makes a sync off the thread fail, while a put waits to be written. */
async function poison({ disk, opened }: Deferring): Promise<void> {
  opened.store.writer.put(bytes('a'), bytes('value'));
  disk.holdsSyncs = true;
  const sync = opened.store.syncAsync();
  opened.store.writer.put(bytes('b'), bytes('value'));
  const fault = breakDisk(disk, { verb: 'sync', errno: 'EIO' });
  disk.releaseSyncs();
  await expect(sync).rejects.toMatchObject({
    code: 'POISONED',
    message: expect.stringMatching(/sync 000001.log.*EIO/),
  });
  fault.mend();
}

describe('the write at the end of a turn', () => {
  test('is one for all puts of the turn, and the next turn has its own', () => {
    const { disk, opened, deferred } = deferring();
    for (let turn = 1; turn <= 3; turn += 1) {
      for (const key of ['a', 'b', 'c']) opened.store.writer.put(bytes(`${key}${turn}`), bytes('value'));
      expect(deferred).toHaveLength(1);
      for (const task of deferred.splice(0)) task();
      expect(disk.bytes(LOG)).toHaveLength(opened.store.stats().logBytes);
    }
  });

  test('does not happen in a store that was poisoned meanwhile', async () => {
    const store = deferring();
    await poison(store);
    const { length } = store.disk.bytes(LOG);
    expect(store.opened.store.stats().logBytes).toBeGreaterThan(length);
    for (const task of store.deferred) task();
    expect(store.disk.bytes(LOG)).toHaveLength(length);
  });
});

describe('the sync on a timer', () => {
  afterEach(() => vi.restoreAllMocks());

  /** A store whose timer is fired by `tick`. */
  function timed(): { readonly disk: TestDisk; readonly tick: () => void } & ReturnType<typeof openWithEvents> {
    const disk = new TestDisk();
    const setTimer = vi.spyOn(globalThis, 'setInterval').mockReturnValue(7 as never);
    const opened = openWithEvents(disk, { syncEveryMs: 250 });
    expect(setTimer.mock.calls).toEqual([[expect.any(Function), 250]]);
    return { disk, ...opened, tick: setTimer.mock.calls[0]?.[0] as () => void };
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test('makes puts durable, also where timers are plain numbers, and ends with the store', async () => {
    const { disk, store, tick } = timed();
    store.writer.put(bytes('a'), bytes('value'));
    tick();
    await turn();
    expect(contentsOf(openWithEvents(disk.afterCrash(() => 'none')).store).size).toBe(1);
    const clearTimer = vi.spyOn(globalThis, 'clearInterval');
    store.close();
    expect(clearTimer).toHaveBeenCalledWith(7);
  });

  test('reports a failure once: afterwards the store no longer writes', async () => {
    const { disk, store, events, tick } = timed();
    store.writer.put(bytes('a'), bytes('value'));
    breakDisk(disk, { verb: 'sync', errno: 'EIO' });
    for (let i = 0; i < 3; i += 1) {
      tick();
      await turn();
    }
    expect(events.map(({ type }) => type)).toEqual(['poisoned', 'background-write-failed']);
  });

  test('that fails when the store is closed meanwhile is not reported: close has synced', async () => {
    const { disk, store, events, tick } = timed();
    store.writer.put(bytes('a'), bytes('value'));
    disk.holdsSyncs = true;
    tick();
    store.close();
    breakDisk(disk, { verb: 'sync', errno: 'EIO' });
    disk.releaseSyncs();
    await turn();
    expect(events).toEqual([]);
  });
});
