/*
 * A compaction that fails anywhere leaves the store unchanged: every entry is readable, the old generation is current,
 * and the next attempt can succeed. Only if the new generation may already be complete, nothing more may be accepted.
 */
import { describe, expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { breakDisk, type FaultPlan, fillUp } from './disk-faults.ts';
import { bytes, contentsOf, getBody, openStore, openWithEvents } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const OLD = '000001.log';
const NEW = '000002.log';

function storeWithDeadBytes(): { disk: TestDisk } & ReturnType<typeof openWithEvents> {
  const disk = new TestDisk();
  const opened = openWithEvents(disk);
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < 12; i += 1)
      opened.store.writer.put(bytes(`key ${i}`), new Uint8Array(35_000).fill(round * 12 + i));
  }
  opened.store.writer.deletePrefix(bytes('key 1'));
  opened.store.writer.put(bytes('last'), bytes('value'));
  return { disk, ...opened };
}

const faults: readonly (readonly [string, FaultPlan])[] = [
  ['creating the new generation', { verb: 'create', name: NEW, errno: 'EMFILE' }],
  ['its first write', { verb: 'write', name: NEW, errno: 'ENOSPC' }],
  ['a later write', { verb: 'write', name: NEW, errno: 'EDQUOT', after: 3 }],
  ['its first sync', { verb: 'sync', name: NEW, errno: 'EIO' }],
  ['the directory sync before it counts', { verb: 'sync-directory', errno: 'EIO' }],
  ['listing the directory', { verb: 'list', errno: 'EIO' }],
  ['reading the old generation', { verb: 'read', name: OLD, errno: 'EIO', after: 2 }],
];

describe.each(faults)('a compaction that fails at %s', (_name, plan) => {
  test.each(['at once', 'in turns'])('changes nothing, run %s, and succeeds later', async (how) => {
    const { disk, store } = storeWithDeadBytes();
    const before = contentsOf(store);
    const fault = breakDisk(disk, plan);
    if (how === 'at once') expect(() => store.compact()).toThrow(expect.objectContaining({ code: 'IO' }));
    else await expect(store.compactAsync()).rejects.toMatchObject({ code: 'IO' });
    expect(fault.failed).toBeGreaterThan(0);
    fault.mend();
    expect(contentsOf(store)).toEqual(before);
    expect(store.verify().ok).toBe(true);
    expect(store.stats()).toMatchObject({ generation: 1, counters: { compactions: 0 } });
    expect(disk.names.filter((name) => name.endsWith('.log'))).toEqual([OLD]);
    store.writer.put(bytes('after'), bytes('value'));
    const expected = new Map(before).set('after', 'value');
    store.sync();
    expect(contentsOf(openStore(disk.afterCrash(() => 'none')))).toEqual(expected);
    store.compact();
    expect(store.stats().counters.compactions).toBe(1);
    expect(contentsOf(openStore(disk.afterCrash(() => 'none')))).toEqual(expected);
    store.close();
    expect(disk.openFiles).toBe(0);
  });

  test('is reported if a put ran it, and the put is kept', () => {
    const { disk, store, events } = storeWithDeadBytes();
    const fault = breakDisk(disk, plan);
    for (let i = 0; i < 60 && fault.failed === 0; i += 1)
      store.writer.put(bytes('big'), new Uint8Array(50_000).fill(i));
    expect(fault.failed).toBeGreaterThan(0);
    fault.mend();
    expect(events.some(({ type }) => type === 'compaction-abandoned' || type === 'housekeeping-failed')).toBe(true);
    expect(getBody(store, bytes('big'))?.length).toBe(50_000);
    expect(store.verify().ok).toBe(true);
  });
});

describe('a compaction whose last sync fails, when COMPLETE may be on disk', () => {
  const lastSync: FaultPlan = { verb: 'sync', name: NEW, errno: 'EIO', after: 1, times: 1 };

  test('is undone durably: the new generation is truncated, then removed', () => {
    const { disk, store } = storeWithDeadBytes();
    const before = contentsOf(store);
    const fault = breakDisk(disk, lastSync);
    expect(() => store.compact()).toThrow(/EIO/);
    fault.mend();
    store.writer.put(bytes('after'), bytes('value'));
    store.sync();
    for (const luck of ['none', 'all'] as const) {
      const after = contentsOf(openStore(disk.afterCrash(() => luck)));
      expect(after).toEqual(new Map(before).set('after', 'value'));
    }
  });

  test('poisons the store if it cannot be undone, and no accepted entry is lost', () => {
    const { disk, store, events } = storeWithDeadBytes();
    const before = contentsOf(store);
    breakDisk(disk, lastSync, { verb: 'truncate', name: NEW, errno: 'EPERM' });
    expect(() => store.compact()).toThrow(/EIO/);
    expect(events.map(({ type }) => type)).toEqual(['compaction-started', 'poisoned', 'compaction-abandoned']);
    expect(() => store.writer.put(bytes('a'), bytes('b'))).toThrow(expect.objectContaining({ code: 'POISONED' }));
    expect(contentsOf(store)).toEqual(before);
    disk.before = () => undefined;
    store.close();
    expect(contentsOf(openStore(disk.afterKill()))).toEqual(before);
  });
});

describe('a completed compaction', () => {
  const cleanups: readonly (readonly [string, FaultPlan[]])[] = [
    ['removing the old generation', [{ verb: 'remove', name: OLD, errno: 'EPERM' }]],
    ['emptying it', [{ verb: 'truncate', name: OLD, errno: 'EBUSY' }]],
    [
      'both',
      [
        { verb: 'remove', name: OLD, errno: 'EPERM' },
        { verb: 'truncate', name: OLD, errno: 'EPERM' },
      ],
    ],
    ['opening it to truncate it', [{ verb: 'open', name: OLD, errno: 'EMFILE' }]],
    ['the directory sync after it', [{ verb: 'sync-directory', errno: 'EIO', after: 1 }]],
    ['closing it', [{ verb: 'close', name: OLD, errno: 'EIO' }]],
    ['writing its mark', [{ verb: 'write', name: NEW, errno: 'ENOSPC', after: 8 }]],
  ];

  test.each(cleanups)('is kept although %s fails', (_name, plans) => {
    const { disk, store, events } = storeWithDeadBytes();
    const before = contentsOf(store);
    const fault = breakDisk(disk, ...plans);
    store.compact();
    fault.mend();
    expect(store.stats()).toMatchObject({ generation: 2, counters: { compactions: 1 } });
    expect(events.map(({ type }) => type)).toContain('compaction-finished');
    store.writer.put(bytes('key 2'), bytes('newest'));
    store.writer.delete(bytes('key 3'));
    store.sync();
    const expected = new Map(before).set('key 2', 'newest');
    expected.delete('key 3');
    for (const luck of ['none', 'all'] as const) {
      expect(contentsOf(openStore(disk.afterCrash(() => luck)))).toEqual(expected);
    }
    // A later compaction finds an unused name, even if old files could not be removed.
    store.compact();
    expect(contentsOf(openStore(disk.afterKill()))).toEqual(expected);
    store.close();
    expect(contentsOf(openStore(disk))).toEqual(expected);
    expect(disk.names.filter((name) => name.endsWith('.log'))).toHaveLength(1);
  });
});

test('a full disk is not retried at once: the log must grow before the next attempt', () => {
  const { disk, store, events } = storeWithDeadBytes();
  fillUp(disk, 0, NEW);
  const attempts = (): number => events.filter(({ type }) => type === 'compaction-started').length;
  let puts = 0;
  while (attempts() < 1) {
    store.writer.put(bytes('big'), new Uint8Array(50_000).fill(puts));
    puts += 1;
  }
  const { logBytes } = store.stats();
  while (attempts() < 2) store.writer.put(bytes('big'), new Uint8Array(50_000));
  expect(store.stats().logBytes).toBeGreaterThan(logBytes * 1.2);
  expectAllReadable(store);
});

function expectAllReadable(store: LogStore): void {
  expect(store.verify()).toMatchObject({ ok: true, entriesDamaged: 0 });
  expect(contentsOf(store).size).toBe(store.size);
}
