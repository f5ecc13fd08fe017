/*
 * What opening finds and how it reacts: a clean end, a torn tail, damage. The three must not be confused: a torn tail
 * loses no synced entry, damage must not count as a torn tail, and neither fails an open.
 */
import { describe, expect, test, vi } from 'vitest';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { putOf } from '../../src/log/record-codec.ts';
import type { DiskCall, DiskVerb } from '../../src/testing/index.ts';
import { breakDisk } from './disk-faults.ts';
import { cut, diskWithLogs, flip, lastRecordOf, recordsOf } from './log-records.ts';
import { bytes, contentsOf, openStore, openWithEvents } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const LOG = '000001.log';
const KIND = { batch: 4, mark: 5, complete: 6 };

const MIB = 1024 * 1024;
const CHANGING: ReadonlySet<DiskVerb> = new Set(['create', 'remove', 'write', 'truncate', 'sync', 'sync-directory']);

/** The calls that change the disk, from now on. */
function changesOf(disk: TestDisk): readonly DiskCall[] {
  const changes: DiskCall[] = [];
  disk.before = (call) => {
    if (CHANGING.has(call.verb)) changes.push(call);
    return undefined;
  };
  return changes;
}

function written(...keys: readonly string[]): { disk: TestDisk } & ReturnType<typeof openWithEvents> {
  const disk = new TestDisk();
  const opened = openWithEvents(disk);
  for (const key of keys) {
    opened.store.writer.put(bytes(key), bytes(`value of ${key}`));
    opened.store.sync();
  }
  return { disk, ...opened };
}

describe('opening', () => {
  test('creates a store if there is none', () => {
    const { store, events } = openWithEvents(new TestDisk());
    expect(store.stats()).toMatchObject({ entries: 0, generation: 1, liveBytes: 0, deadBytes: 0 });
    expect(store.stats().recovery).toMatchObject({ generation: 0, clean: true });
    expect(events).toEqual([]);
  });

  test('of a store that was created a moment before finds it complete', () => {
    const disk = new TestDisk();
    openStore(disk);
    expect(openStore(disk.afterKill()).stats().recovery).toMatchObject({ generation: 1, clean: true });
  });

  test('of a closed store uses its image and reports a clean end', () => {
    const { disk, store } = written('a', 'b');
    store.close();
    const { store: again, events } = openWithEvents(disk);
    expect(again.stats().recovery).toEqual({
      generation: 1,
      imageUsed: true,
      records: 1,
      tornBytes: 0,
      damaged: [],
      entriesLost: 0,
      forgotten: false,
      clean: true,
    });
    expect(events).toEqual([]);
  });

  test('after a kill right after a sync finds nothing to repair, and without a lock to take over reports a clean end', () => {
    const { disk } = written('a', 'b');
    const { store, events } = openWithEvents(disk.afterKill());
    expect(store.stats().recovery).toMatchObject({ imageUsed: false, clean: true });
    expect(events).toEqual([]);
  });

  test('after a clean end changes nothing on the disk, and closing writes no second image', () => {
    const { disk, store } = written('a', 'b');
    const killed = disk.afterKill();
    store.close();
    for (const clean of [disk, killed]) {
      const changes = changesOf(clean);
      const again = openStore(clean);
      expect(changes).toEqual([]);
      again.close();
      expect(changes.map(({ verb }) => verb)).toEqual(clean === disk ? [] : expect.arrayContaining(['create']));
    }
  });

  test('of a log of which nothing was ever durable starts a new store, and quarantines the log', () => {
    const put = putOf(bytes('a'), bytes('value'), bytes(''));
    const disk = diskWithLogs({ 4: [put, put] });
    const { store, events } = openWithEvents(disk);
    expect(contentsOf(store).size).toBe(0);
    expect(store.stats().recovery).toMatchObject({
      generation: 0,
      damaged: [{ from: 0, to: 0 }],
      forgotten: true,
      clean: false,
    });
    expect(events.map(({ type }) => type)).toEqual(['quarantined', 'recovered']);
    expect(disk.names).toEqual(['000004.log.0.corrupt', '000005.log']);
    expect(disk.bytes('000004.log.0.corrupt')).toHaveLength(FILE_HEADER_BYTES + 2 * put.size);
    expect(disk.openFiles).toBe(1);
  });

  test('of a log whose creation was cut off starts a new store, and nothing was lost', () => {
    const disk = diskWithLogs({ 1: [] });
    const { store, events } = openWithEvents(disk);
    expect(store.stats().recovery).toMatchObject({ damaged: [], forgotten: false, clean: true });
    expect({ events, names: disk.names }).toEqual({ events: [], names: ['000003.log'] });
  });

  test('of a log that is shorter than its image says copies no bytes, as none are left', () => {
    const { disk, store } = written('a');
    store.close();
    cut(disk, LOG, lastRecordOf(disk, LOG, 'a').offset);
    const { store: again, events } = openWithEvents(disk);
    expect(again.stats().recovery).toMatchObject({ forgotten: true, clean: false });
    expect(events.map(({ type }) => type)).toEqual(['recovered']);
    expect({ names: disk.names, openFiles: disk.openFiles }).toEqual({ names: ['000003.log'], openFiles: 1 });
  });

  test('truncates a torn tail, keeps complete records and reports it', () => {
    const { disk, store } = written('a');
    store.writer.put(bytes('whole'), bytes('value'));
    store.writer.put(bytes('torn'), bytes('value'));
    store.verify();
    const killed = disk.afterKill();
    cut(killed, LOG, killed.bytes(LOG).length - 3);
    const { store: again, events } = openWithEvents(killed);
    expect([...contentsOf(again).keys()]).toEqual(['a', 'whole']);
    expect(again.stats().recovery).toMatchObject({ clean: false, forgotten: false, damaged: [], entriesLost: 0 });
    expect(again.stats().recovery.tornBytes).toBeGreaterThan(0);
    expect(events).toEqual([{ type: 'recovered', report: again.stats().recovery }]);
    expect(again.stats().counters.recoveries).toBe(1);
    expect(killed.names).toEqual([LOG]);
  });

  test('truncates a torn record right after a sync too, and leaves a clean end', () => {
    const { disk, store } = written('a');
    const end = disk.bytes(LOG).length;
    store.writer.put(bytes('torn'), bytes('value'));
    store.verify();
    const killed = disk.afterKill();
    cut(killed, LOG, killed.bytes(LOG).length - 8);
    const tornBytes = killed.bytes(LOG).length - end;
    expect(openStore(killed).stats().recovery).toMatchObject({ clean: false, tornBytes });
    expect(openStore(killed.afterKill()).stats().recovery).toMatchObject({ clean: true, tornBytes: 0 });
  });

  test('truncates at the start of an incomplete batch', () => {
    const { disk, store } = written('a');
    const put = { key: bytes('a'), value: bytes('of the batch'), trailer: bytes('') };
    store.writer.putMany([put, { ...put, key: bytes('b') }, { ...put, key: bytes('c') }]);
    store.verify();
    for (let missing = 1; missing < 90; missing += 1) {
      const killed = disk.afterKill();
      cut(killed, LOG, killed.bytes(LOG).length - missing);
      expect(contentsOf(openStore(killed))).toEqual(new Map([['a', 'value of a']]));
    }
  });

  test('forgets entries older than a damaged header and keeps later ones', () => {
    const { disk } = written('a', 'b', 'c');
    const damaged = disk.afterKill();
    flip(damaged, LOG, lastRecordOf(disk, LOG, 'b').offset);
    const { store, events } = openWithEvents(damaged);
    expect([...contentsOf(store).keys()]).toEqual(['c']);
    const { offset, end } = lastRecordOf(disk, LOG, 'b');
    expect(store.stats().recovery).toMatchObject({
      forgotten: true,
      damaged: [{ from: offset, to: end }],
      tornBytes: 0,
    });
    expect(events.map(({ type }) => type)).toEqual([
      'quarantined',
      'recovered',
      'compaction-started',
      'compaction-finished',
    ]);
    // The verdict is durable: the damaged log is gone, and its damaged bytes are quarantined.
    expect(damaged.names).toEqual([`${LOG}.${offset}.corrupt`, '000002.log']);
    expect(damaged.bytes(`${LOG}.${offset}.corrupt`)).toEqual(corrupted(disk, offset, end));
    expect(contentsOf(openStore(damaged.afterKill())).size).toBe(1);
  });

  test('loses one entry to a damaged body, and does not restore an older value of its key', () => {
    const { disk, store } = written('a', 'b');
    store.writer.put(bytes('a'), bytes('newer'));
    store.sync();
    const damaged = disk.afterKill();
    flip(damaged, LOG, lastRecordOf(disk, LOG, 'a').bodyOffset);
    const { store: again } = openWithEvents(damaged);
    expect([...contentsOf(again).keys()]).toEqual(['b']);
    expect(again.stats().recovery).toMatchObject({ entriesLost: 1, forgotten: false });
    expect(again.stats().counters.corruptions).toBe(1);
  });

  test('drops a batch whose header is damaged', () => {
    const { disk, store } = written('before');
    const put = { key: bytes('b'), value: bytes('of the batch'), trailer: bytes('') };
    store.writer.putMany([put, { ...put, key: bytes('c') }]);
    store.writer.put(bytes('after'), bytes('value'));
    store.sync();
    const damaged = disk.afterKill();
    flip(damaged, LOG, recordsOf(disk, LOG).find(({ kind }) => kind === KIND.batch)?.keyOffset ?? 0);
    expect([...contentsOf(openStore(damaged)).keys()]).toEqual(['after']);
  });

  test('keeps the rest of a batch that has lost the body of one entry', () => {
    const { disk, store } = written('before');
    const put = { key: bytes('b'), value: bytes('of the batch'), trailer: bytes('') };
    store.writer.putMany([put, { ...put, key: bytes('c') }, { ...put, key: bytes('d') }]);
    store.sync();
    const damaged = disk.afterKill();
    flip(damaged, LOG, lastRecordOf(disk, LOG, 'c').bodyOffset);
    expect([...contentsOf(openStore(damaged)).keys()]).toEqual(['b', 'before', 'd']);
  });

  test('drops all of a batch that has lost the header of one entry', () => {
    const { disk, store } = written('before');
    const put = { key: bytes('b'), value: bytes('of the batch'), trailer: bytes('') };
    store.writer.putMany([put, { ...put, key: bytes('c') }, { ...put, key: bytes('d') }]);
    store.writer.put(bytes('after'), bytes('value'));
    store.sync();
    for (const key of ['b', 'c', 'd']) {
      const damaged = disk.afterKill();
      flip(damaged, LOG, lastRecordOf(disk, LOG, key).offset);
      expect([...contentsOf(openStore(damaged)).keys()]).toEqual(['after']);
    }
  });

  test('treats damage to the last mark as a torn tail, as nothing followed it', () => {
    const { disk } = written('a', 'b');
    const damaged = disk.afterKill();
    flip(damaged, LOG, recordsOf(disk, LOG).findLast(({ kind }) => kind === KIND.mark)?.offset ?? 0);
    const { store } = openWithEvents(damaged);
    expect([...contentsOf(store).keys()]).toEqual(['a', 'b']);
    expect(store.stats().recovery).toMatchObject({ damaged: [], forgotten: false, clean: false });
  });

  test('starts a new store if the header is damaged, and quarantines the log', () => {
    const { disk } = written('a');
    const damaged = disk.afterKill();
    flip(damaged, LOG, 9);
    const { store, events } = openWithEvents(damaged);
    expect(contentsOf(store).size).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(['quarantined', 'recovered']);
    expect(damaged.names).toEqual(['000001.log.0.corrupt', '000003.log']);
    expect(store.stats().recovery).toMatchObject({ forgotten: true, clean: false });
  });

  test('is repeated in the same way if the disk is too full to make its verdict durable', () => {
    const { disk } = written('a', 'b', 'c');
    const damaged = disk.afterKill();
    flip(damaged, LOG, lastRecordOf(disk, LOG, 'b').offset);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const fault = breakDisk(damaged, { verb: 'create', errno: 'ENOSPC' });
      const { store, events } = openWithEvents(damaged);
      expect([...contentsOf(store).keys()][0]).toBe('c');
      expect(events.map(({ type }) => type)).toEqual(['housekeeping-failed', 'recovered', 'housekeeping-failed']);
      store.writer.put(bytes(`later ${attempt}`), bytes('value'));
      store.close();
      fault.mend();
    }
    expect([...contentsOf(openStore(damaged)).keys()]).toEqual(['c', 'later 0', 'later 1', 'later 2']);
  });

  test.each(['open', 'read', 'close'] as const)('works without an image that fails at %s', (verb) => {
    const { disk, store } = written('a');
    store.close();
    breakDisk(disk, { verb, name: '000001.index', errno: 'EIO' });
    const { store: again, events } = openWithEvents(disk);
    expect(contentsOf(again).size).toBe(1);
    expect(again.stats().recovery.imageUsed).toBe(verb === 'close');
    expect(events.map(({ type }) => type)).toEqual(['housekeeping-failed']);
  });

  test.each(['write', 'sync', 'sync-directory', 'truncate'] as const)(
    'fails with IO if the repair of a torn tail fails at %s, and succeeds later',
    (verb) => {
      const { disk, store } = written('a');
      store.writer.put(bytes('b'), bytes('value'));
      store.writer.put(bytes('torn'), bytes('value'));
      store.verify();
      const killed = disk.afterKill();
      cut(killed, LOG, killed.bytes(LOG).length - 3);
      const fault = breakDisk(killed, { verb, errno: 'EIO' });
      expect(() => openStore(killed)).toThrow(expect.objectContaining({ code: 'IO' }));
      expect({ openFiles: killed.openFiles, locked: killed.locked }).toEqual({ openFiles: 0, locked: false });
      fault.mend();
      expect([...contentsOf(openStore(killed)).keys()]).toEqual(['a', 'b']);
    },
  );

  test('writes an unsynced tail again, in pieces, and nothing else', () => {
    const { disk, store } = written('a');
    const tail = disk.bytes(LOG).length;
    for (let i = 0; i < 5; i += 1) store.writer.put(bytes(`key ${i}`), new Uint8Array(500_000).fill(i));
    store.verify();
    const killed = disk.afterKill();
    const before = killed.bytes(LOG);
    const changes = changesOf(killed);
    const open = vi.spyOn(killed, 'open');
    const { events } = openWithEvents(killed);
    expect(events.map(({ type }) => type)).toEqual(['recovered']);
    expect(open).toHaveBeenCalledWith(LOG, 'write');
    expect(changes.map(({ verb }) => verb)).toEqual(['write', 'write', 'write', 'sync', 'sync-directory', 'write']);
    const [first, second, third] = changes;
    const last = recordsOf(disk, LOG).findLast(({ kind }) => kind !== KIND.mark);
    expect(first?.position).toBeLessThanOrEqual(tail);
    expect(first?.position).toBe((second?.position ?? 0) - MIB);
    expect((third?.position ?? 0) + (third?.length ?? 0)).toBe(last?.end);
    expect(Buffer.compare(killed.bytes(LOG).subarray(0, before.length), before)).toBe(0);
    // The tail is durable, and a MARK states that: whatever a crash does now, the end is clean.
    const again = openStore(killed.afterCrash(() => 'none'));
    expect(again.size).toBe(6);
    expect(openStore(killed.afterKill()).stats().recovery.clean).toBe(true);
  });

  test('fails with IO if the log becomes shorter while its tail is written again', () => {
    const { disk, store } = written('a');
    store.writer.put(bytes('b'), new Uint8Array(1_500_000));
    store.verify();
    const killed = disk.afterKill();
    let wrote = false;
    killed.before = ({ verb }) => {
      wrote ||= verb === 'write';
      return wrote && verb === 'read' ? 0 : undefined;
    };
    expect(() => openStore(killed)).toThrow(expect.objectContaining({ code: 'IO' }));
    expect({ openFiles: killed.openFiles, locked: killed.locked }).toEqual({ openFiles: 0, locked: false });
  });

  test('repairs nothing if another process has taken the lock over', () => {
    const { disk, store } = written('a');
    store.writer.put(bytes('torn'), bytes('value'));
    store.verify();
    const killed = disk.afterKill();
    cut(killed, LOG, killed.bytes(LOG).length - 8);
    const changes: DiskCall[] = [];
    killed.before = (call) => {
      if (call.verb === 'read') killed.stealLock();
      if (CHANGING.has(call.verb)) changes.push(call);
      return undefined;
    };
    expect(() => openStore(killed)).toThrow(
      expect.objectContaining({ code: 'LOCKED', cause: expect.objectContaining({ code: 'POISONED' }) }),
    );
    expect(changes).toEqual([]);
  });

  // As a process does that is stopped while it opens a store with a lease, and continued after the lease has ended.
  test('waits for the lock if it was lost while the store was being opened', () => {
    const { disk, store } = written('a');
    store.writer.put(bytes('torn'), bytes('value'));
    store.verify();
    const killed = disk.afterKill();
    cut(killed, LOG, killed.bytes(LOG).length - 8);
    let losses = 0;
    killed.before = ({ verb }) => {
      if (verb !== 'read' || losses > 0) return undefined;
      losses += 1;
      killed.removeLock();
      return undefined;
    };
    const opened = openStore(killed, { waitForLockMs: 60_000 });
    expect(contentsOf(opened)).toEqual(new Map([['a', 'value of a']]));
    expect(losses).toBe(1);
  });

  test('fails with IO if the directory cannot be opened', () => {
    const openDirectory = (): never => {
      throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
    };
    expect(() => openStore({ openDirectory })).toThrow(
      expect.objectContaining({ code: 'IO', message: expect.stringContaining('open the directory store') }),
    );
  });

  test('that takes a lock over reports from whom, and an unclean end; a log without a fault is not written to', () => {
    const killed = written('a').disk.afterKill();
    const lock = { takenOverFrom: 'process 7', isHeld: () => true, release: () => {} };
    killed.lock = () => lock;
    const changes = changesOf(killed);
    const { store, events } = openWithEvents(killed);
    const { recovery, counters } = store.stats();
    expect(recovery).toMatchObject({ generation: 1, tornBytes: 0, damaged: [], forgotten: false, clean: false });
    expect(events).toEqual([
      { type: 'lock-taken-over', from: 'process 7' },
      { type: 'recovered', report: recovery },
    ]);
    expect(counters.recoveries).toBe(1);
    expect(changes).toEqual([]);
  });

  test('refuses a second writer', () => {
    const { disk } = written('a');
    expect(() => openStore(disk)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    expect(contentsOf(openStore(disk, { readOnly: true })).size).toBe(1);
  });
});

function corrupted(disk: TestDisk, from: number, to: number): Uint8Array {
  const copy = disk.afterKill();
  flip(copy, LOG, from);
  return copy.bytes(LOG).slice(from, to);
}
