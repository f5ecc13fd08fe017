/*
 * When a compaction begins, how much each write pays for it, and how it ends. What must not happen: a compaction that is
 * not worth its syncs, one that is retried on a full disk with each write, or a failure that no caller sees.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { completionOf } from '../../src/log/record-codec.ts';
import { Compaction } from '../../src/store/compaction.ts';
import { CompactionScheduler } from '../../src/store/compaction-scheduler.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import { ObsoleteGenerations } from '../../src/store/obsolete-generations.ts';
import { CompactedLog, KIB, keyOf, MIB, NEW, OLD, RECORD } from './compacted-log.ts';
import { breakDisk } from './disk-faults.ts';
import { flip } from './log-records.ts';
import { bytes, openStore } from './store-history.ts';

interface Scheduled {
  readonly log: CompactedLog;
  readonly scheduler: CompactionScheduler;
  /** The types of the events so far. */
  types(): string[];
}

/** The log of a compaction that ended: all of its `records` records are live. */
function scheduled(records: number): Scheduled {
  const log = new CompactedLog(records);
  log.log.append(completionOf());
  const scheduler = new CompactionScheduler(log.context, log.generations, log.index);
  return { log, scheduler, types: () => log.events.map(({ type }) => type) };
}

/** Replaces `count` records, round and round the `records` keys. */
function replace({ log }: Scheduled, records: number, count: number): void {
  for (let i = 0; i < count; i += 1) log.put(i % records, (i % records) + 1);
}

/** A log with 17 dead records and one live one: a compaction is due. */
function due(): Scheduled {
  const store = scheduled(1);
  replace(store, 1, 17);
  return store;
}

const io = expect.objectContaining({ code: 'IO' });

afterEach(() => vi.restoreAllMocks());

describe('dead bytes', () => {
  test('are those of replaced records, and none in a new log', () => {
    const store = scheduled(3);
    expect(store.scheduler.deadBytes).toBe(0);
    replace(store, 3, 2);
    expect(store.scheduler.deadBytes).toBe(2 * RECORD);
    store.log.log.appendMark(100);
    expect(store.scheduler.deadBytes).toBe(2 * RECORD);
    const empty = new CompactedLog(0);
    expect(new CompactionScheduler(empty.context, empty.generations, empty.index).deadBytes).toBe(0);
  });
});

describe('a compaction begins', () => {
  test('with more than 1 MiB of dead bytes', () => {
    const store = scheduled(1);
    replace(store, 1, 16);
    expect(store.scheduler.deadBytes).toBe(MIB);
    store.scheduler.advance(1);
    expect(store.types()).toEqual([]);
    replace(store, 1, 1);
    const { end } = store.log.log;
    store.scheduler.advance(1);
    expect(store.log.events).toEqual([{ type: 'compaction-started', generation: 2, logBytes: end }]);
  });

  test('with more dead bytes than live ones', () => {
    const store = scheduled(20);
    replace(store, 20, 20);
    store.scheduler.advance(1);
    expect(store.types()).toEqual([]);
    replace(store, 20, 1);
    store.scheduler.advance(1);
    expect(store.types()).toEqual(['compaction-started']);
  });

  test('and may be finished by the handler that hears of it', () => {
    const types: string[] = [];
    const store: LogStore = openStore(undefined, {
      onEvent: ({ type }) => {
        if (type !== 'opened') types.push(type);
        if (type === 'compaction-started') store.compact();
      },
    });
    for (let i = 0; types.length === 0; i += 1) store.writer.put(bytes('a'), new Uint8Array(RECORD).fill(i));
    expect(types).toEqual(['compaction-started', 'compaction-finished']);
    expect(store.stats().counters.compactions).toBe(1);
  });

  test('not at all without dead bytes: run and runAsync end at once', async () => {
    const store = scheduled(3);
    store.scheduler.run();
    await store.scheduler.runAsync({});
    expect(store.types()).toEqual([]);
  });
});

describe('a write', () => {
  test('pays for eight times its bytes, at least 4 KiB: of the compaction, then of the removal', () => {
    const { log, scheduler, types } = due();
    const step = vi.spyOn(Compaction.prototype, 'step');
    const removal = vi.spyOn(ObsoleteGenerations.prototype, 'advance');
    scheduler.advance(1);
    scheduler.advance(512);
    scheduler.advance(513);
    scheduler.advance(10 * KIB);
    expect(step.mock.calls).toEqual([[4 * KIB], [4 * KIB], [8 * 513], [80 * KIB]]);
    expect(removal).not.toHaveBeenCalled();
    while (log.log.generation === 1) scheduler.advance(MIB);
    expect(types()).toEqual(['compaction-started', 'compaction-finished']);
    expect(log.events[1]).toMatchObject({ generation: 2, logBytes: log.log.end });
    expect(scheduler.compactions).toBe(1);
    step.mockClear();
    scheduler.advance(1);
    scheduler.advance(KIB);
    expect(removal.mock.calls).toEqual([[4 * KIB], [8 * KIB]]);
    for (let i = 0; i < 3; i += 1) scheduler.advance(MIB);
    expect(log.disk.names).toEqual([NEW]);
    removal.mockClear();
    scheduler.advance(1);
    expect([removal.mock.calls, step.mock.calls]).toEqual([[], []]);
  });

  test('does not see that a compaction could not begin: it is reported, and not as abandoned', () => {
    const { log, scheduler } = due();
    breakDisk(log.disk, { verb: 'create', name: NEW, errno: 'EMFILE' });
    scheduler.advance(1);
    expect(log.events).toEqual([{ type: 'housekeeping-failed', error: io }]);
  });

  test('does not see that a compaction failed: it is reported as abandoned, and only so', () => {
    const { log, scheduler } = due();
    breakDisk(log.disk, { verb: 'write', name: NEW, errno: 'ENOSPC' });
    scheduler.advance(MIB);
    expect(log.events.slice(1)).toEqual([{ type: 'compaction-abandoned', generation: 2, error: io }]);
    expect([log.log.generation, scheduler.compactions, log.context.status.isWritable]).toEqual([1, 0, true]);
  });

  test('that finds the lock lost poisons the store', () => {
    const { log, scheduler, types } = due();
    scheduler.advance(1);
    log.disk.stealLock();
    scheduler.advance(MIB);
    expect(types()).toEqual(['compaction-started', 'poisoned', 'housekeeping-failed', 'compaction-abandoned']);
    expect(() => log.context.status.assertWritable()).toThrow(expect.objectContaining({ code: 'POISONED' }));
  });
});

describe('after a failed compaction', () => {
  /** How many compactions have begun or tried to. */
  const attempts = (): number => vi.mocked(Compaction.begin).mock.calls.length;

  test('the next begins when the log has grown by a quarter', () => {
    const { log, scheduler } = due();
    vi.spyOn(Compaction, 'begin');
    breakDisk(log.disk, { verb: 'create', name: NEW, errno: 'ENOSPC' });
    // So that a quarter of the log is a possible size of a record.
    log.put(0, 1, log.valueBytesFor(RECORD + 16));
    scheduler.advance(1);
    expect(attempts()).toBe(1);
    const wanted = log.log.end * 1.25;
    while (log.log.end + 2 * RECORD < wanted) {
      log.put(0, 1);
      scheduler.advance(1);
    }
    expect(attempts()).toBe(1);
    log.put(0, 1, log.valueBytesFor(wanted - log.log.end));
    expect(log.log.end).toBe(wanted);
    scheduler.advance(1);
    expect(attempts()).toBe(2);
  });

  test('one that succeeds ends the wait', () => {
    const { log, scheduler } = due();
    replace({ log, scheduler, types: () => [] }, 1, 40);
    const fault = breakDisk(log.disk, { verb: 'create', name: NEW, errno: 'ENOSPC' });
    scheduler.advance(1);
    fault.mend();
    scheduler.run();
    expect(log.log.generation).toBe(2);
    for (let i = 0; i < 17; i += 1) log.put(0, 1);
    vi.spyOn(Compaction, 'begin');
    scheduler.advance(1);
    expect(attempts()).toBe(1);
  });
});

describe('run', () => {
  test('compacts to the end, 256 KiB at a time, and removes the old generation', () => {
    const { log, scheduler, types } = due();
    const step = vi.spyOn(Compaction.prototype, 'step');
    scheduler.run();
    expect(new Set(step.mock.calls.flat())).toEqual(new Set([256 * KIB]));
    expect(types()).toEqual(['compaction-started', 'compaction-finished']);
    expect(log.disk.names).toEqual([NEW]);
  });

  test('throws the failure of the compaction, which is abandoned', () => {
    const { log, scheduler, types } = due();
    breakDisk(log.disk, { verb: 'sync', name: NEW, errno: 'EIO' });
    expect(() => scheduler.run()).toThrow(/EIO/);
    expect(types()).toEqual(['compaction-started', 'compaction-abandoned']);
    expect(log.disk.names).toEqual([OLD]);
  });

  test('reports entries that it found damaged, also if it fails afterwards', () => {
    const { log, scheduler } = due();
    log.put(1, 2);
    log.log.flush();
    flip(log.disk, OLD, log.log.end - 100);
    breakDisk(log.disk, { verb: 'sync', name: NEW, errno: 'EIO' });
    expect(() => scheduler.run()).toThrow(/EIO/);
    const offset = log.log.end - RECORD;
    expect(log.events[1]).toEqual({ type: 'entry-damaged', key: keyOf(1), generation: 1, offset });
    expect(scheduler.entriesLost).toBe(1);
  });
});

describe('runAsync', () => {
  test('refuses options it does not know', async () => {
    const { scheduler, types } = due();
    await expect(scheduler.runAsync({ onprogress: () => {} } as never)).rejects.toThrow(/options of compactAsync/);
    expect(types()).toEqual([]);
  });

  test('has ended if another call ended its compaction, and an abort is too late', async () => {
    const { scheduler } = due();
    const abort = new AbortController();
    const running = scheduler.runAsync({ signal: abort.signal });
    scheduler.run();
    abort.abort(new Error('no more'));
    await running;
    expect(scheduler.compactions).toBe(1);
  });

  test('writes nothing more when the store is poisoned', async () => {
    const { log, scheduler } = due();
    const running = scheduler.runAsync({});
    log.context.status.poison(new Error('the lock is gone'));
    await expect(running).rejects.toMatchObject({ code: 'POISONED' });
    expect([log.log.generation, log.generations.isBuilding]).toEqual([1, false]);
  });

  test('rejects all its callers if the compaction fails', async () => {
    const { log, scheduler } = due();
    const first = scheduler.runAsync({});
    const second = scheduler.runAsync({});
    breakDisk(log.disk, { verb: 'sync', name: NEW, errno: 'EIO', times: 1 });
    const outcomes = await Promise.allSettled([first, second]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(log.log.generation).toBe(1);
  });

  test('reports each progress once, up to the end', async () => {
    const { log, scheduler } = due();
    const reported: number[] = [];
    const total = log.log.end;
    await scheduler.runAsync({ onProgress: ({ doneBytes }) => reported.push(doneBytes) });
    expect(reported.length).toBeGreaterThan(3);
    expect(reported).toEqual([...new Set(reported)].sort((a, b) => a - b));
    expect(reported.at(-1)).toBe(total);
  });

  test('leaves the old generation to removeObsoleteAsync, which stops when the store no longer writes', async () => {
    const { log, scheduler } = due();
    replace({ log, scheduler, types: () => [] }, 1, 40);
    await scheduler.runAsync({});
    expect(log.disk.names).toEqual([OLD, NEW]);
    const before = log.disk.bytes(OLD).length;
    const removal = scheduler.removeObsoleteAsync();
    log.context.status.poison(new Error('the lock is gone'));
    await removal;
    expect(log.disk.bytes(OLD).length).toBe(before - MIB);
  });

  test('is followed by the removal of the old generation, piece by piece', async () => {
    const { log, scheduler } = due();
    await scheduler.runAsync({});
    await scheduler.removeObsoleteAsync();
    expect(log.disk.names).toEqual([NEW]);
  });
});

describe('settle', () => {
  /** A compaction under way in a log of 16 live records and `dead` dead ones. */
  function underWay(dead: number): Scheduled {
    const store = scheduled(16);
    replace(store, 16, dead);
    store.scheduler.advance(1);
    expect(store.types()).toEqual(['compaction-started']);
    return store;
  }

  test('abandons a compaction if the log has at most 1.25 times as many dead bytes as live ones', () => {
    const { log, scheduler } = underWay(20);
    scheduler.settle();
    const error = expect.objectContaining({ code: 'CLOSED', message: 'the store was closed' });
    expect(log.events.slice(1)).toEqual([{ type: 'compaction-abandoned', generation: 2, error }]);
    expect(log.log.generation).toBe(1);
  });

  test('finishes it if there are more', () => {
    const { log, scheduler, types } = underWay(21);
    scheduler.settle();
    expect(types()).toEqual(['compaction-started', 'compaction-finished']);
    expect(log.log.generation).toBe(2);
  });

  test('begins none, and throws nothing', () => {
    const idle = due();
    idle.scheduler.settle();
    expect(idle.types()).toEqual([]);
    const { log, scheduler, types } = underWay(21);
    breakDisk(log.disk, { verb: 'sync', name: NEW, errno: 'EIO' });
    scheduler.settle();
    expect(types()).toEqual(['compaction-started', 'compaction-abandoned']);
  });
});

describe('flush', () => {
  test('writes what was copied to its file', () => {
    const store = scheduled(20);
    const { log, scheduler } = store;
    replace(store, 20, 21);
    scheduler.flush();
    scheduler.advance(1);
    expect(log.disk.bytes(NEW)).toHaveLength(0);
    scheduler.flush();
    expect(log.disk.bytes(NEW).length).toBeGreaterThan(0);
  });

  test('that fails ends the compaction, not the caller', () => {
    const { log, scheduler, types } = due();
    scheduler.advance(1);
    breakDisk(log.disk, { verb: 'write', name: NEW, errno: 'ENOSPC' });
    scheduler.flush();
    expect(types()).toEqual(['compaction-started', 'compaction-abandoned']);
    expect(log.log.generation).toBe(1);
  });
});
