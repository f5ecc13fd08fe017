/*
 * The steps in which the files of old generations are removed, one at a time, and what each failure leaves;
 * `obsolete-generations.test.ts` tries the same beneath a store.
 */
import { describe, expect, test } from 'vitest';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { ObsoleteGenerations } from '../../src/store/obsolete-generations.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import type { DiskCall } from '../../src/testing/index.ts';
import { breakDisk } from './disk-faults.ts';
import { contextOn } from './test-context.ts';
import { TestDisk } from './test-disk.ts';

const MIB = 1024 * 1024;
const CURRENT = ['000003.index', '000003.log'];

interface Removal {
  readonly disk: TestDisk;
  readonly obsolete: ObsoleteGenerations;
  readonly events: readonly StoreEvent[];
}

/** A locked directory with files of these sizes, besides those of generation 3, which is the store. */
function removalOf(sizes: Readonly<Record<string, number>>): Removal {
  const disk = new TestDisk();
  for (const name of CURRENT) disk.place(name, new Uint8Array(100).fill(7));
  for (const [name, size] of Object.entries(sizes)) disk.place(name, new Uint8Array(size).fill(7));
  const { context, events } = contextOn(disk);
  return { disk, obsolete: new ObsoleteGenerations(context), events };
}

function sizesIn(disk: TestDisk): Record<string, number> {
  const old = disk.names.filter((name) => !CURRENT.includes(name));
  return Object.fromEntries(old.map((name) => [name, disk.bytes(name).length]));
}

describe('collecting', () => {
  test('finds the files of all other generations, and takes the header from the logs', () => {
    const { disk, obsolete, events } = removalOf({ '000001.log': 50, '000002.index': 50, '000004.log': 50, other: 50 });
    obsolete.collect(3);
    expect(obsolete.any).toBe(true);
    for (const name of ['000001.log', '000004.log']) {
      expect([...disk.bytes(name)].indexOf(7)).toBe(FILE_HEADER_BYTES);
      expect(disk.bytes(name)).toHaveLength(50);
    }
    for (const name of [...CURRENT, '000002.index', 'other']) expect(disk.bytes(name)[0]).toBe(7);
    expect({ events, openFiles: disk.openFiles }).toEqual({ events: [], openFiles: 0 });
  });

  test('finds nothing beside the store', () => {
    const { obsolete } = removalOf({});
    obsolete.collect(3);
    expect(obsolete.any).toBe(false);
  });

  test('that fails finds nothing, reports that, and succeeds later', () => {
    const { disk, obsolete, events } = removalOf({ '000001.log': 50 });
    obsolete.collect(3);
    const fault = breakDisk(disk, { verb: 'list', errno: 'EIO' });
    obsolete.collect(3);
    expect(obsolete.any).toBe(false);
    expect(events.map(({ type }) => type)).toEqual(['housekeeping-failed']);
    fault.mend();
    obsolete.collect(3);
    expect(obsolete.any).toBe(true);
  });
});

describe('a step', () => {
  test('cuts bytes off the end of one file, images first, and removes it when it is empty', () => {
    const { disk, obsolete } = removalOf({ '000001.log': 50, '000002.log': 50, '000001.index': 30 });
    obsolete.collect(3);
    const seen: Record<string, number>[] = [];
    while (obsolete.any) {
      obsolete.step(20);
      expect(disk.openFiles).toBe(0);
      seen.push(sizesIn(disk));
    }
    expect(seen).toEqual([
      { '000001.index': 10, '000001.log': 50, '000002.log': 50 },
      { '000001.log': 50, '000002.log': 50 },
      { '000001.log': 30, '000002.log': 50 },
      { '000001.log': 10, '000002.log': 50 },
      { '000002.log': 50 },
      { '000002.log': 30 },
      { '000002.log': 10 },
      {},
    ]);
    obsolete.step(20);
    expect(disk.names).toEqual(CURRENT);
  });

  test('that cuts off the last byte removes the file', () => {
    const { disk, obsolete } = removalOf({ '000001.log': 50 });
    obsolete.collect(3);
    obsolete.step(50);
    expect(sizesIn(disk)).toEqual({});
  });

  test('is paid for in pieces of 1 MiB, from the first file on', () => {
    const { disk, obsolete } = removalOf({ '000001.log': 4 * MIB });
    obsolete.advance(MIB - 1);
    obsolete.collect(3);
    obsolete.advance(MIB - 1);
    expect(sizesIn(disk)).toEqual({ '000001.log': 4 * MIB });
    obsolete.advance(11);
    expect(sizesIn(disk)).toEqual({ '000001.log': 3 * MIB - 10 });
    obsolete.advance(MIB - 1);
    expect(sizesIn(disk)).toEqual({ '000001.log': 3 * MIB - 10 });
    obsolete.advance(1);
    expect(sizesIn(disk)).toEqual({ '000001.log': 2 * MIB - 10 });
  });
});

describe('finishing', () => {
  test('removes all files and syncs the directory', () => {
    const { disk, obsolete } = removalOf({ '000001.log': 50, '000002.log': 50 });
    obsolete.collect(3);
    const calls: DiskCall[] = [];
    disk.before = (call) => void calls.push(call);
    obsolete.finish();
    expect(calls.at(-1)?.verb).toBe('sync-directory');
    expect(disk.names).toEqual(CURRENT);
    calls.length = 0;
    obsolete.finish();
    expect(calls).toEqual([]);
  });
});

describe('a failure', () => {
  test('to truncate or to remove ends the work on that file only, and is reported once', () => {
    const { disk, obsolete, events } = removalOf({ '000001.log': 50, '000002.log': 50 });
    obsolete.collect(3);
    const fault = breakDisk(disk, ...(['truncate', 'remove'] as const).map((verb) => ({ verb, errno: 'EPERM' })));
    obsolete.step(20);
    obsolete.step(20);
    expect(obsolete.any).toBe(false);
    expect({ failed: fault.failed, openFiles: disk.openFiles }).toEqual({ failed: 4, openFiles: 0 });
    expect(events.map(({ type }) => type)).toEqual(['housekeeping-failed']);
    // The next compaction tries again, and reports again.
    obsolete.collect(3);
    obsolete.finish();
    expect(events).toHaveLength(2);
    fault.mend();
    obsolete.collect(3);
    obsolete.finish();
    expect(disk.names).toEqual(CURRENT);
    expect(events).toHaveLength(2);
  });

  test('to erase a header does not keep the file from being removed', () => {
    const { disk, obsolete, events } = removalOf({ '000001.log': 50, '000002.log': 50 });
    const fault = breakDisk(disk, { verb: 'write', errno: 'EIO' });
    obsolete.collect(3);
    expect({ failed: fault.failed, events: events.length, openFiles: disk.openFiles }).toEqual({
      failed: 2,
      events: 1,
      openFiles: 0,
    });
    obsolete.finish();
    expect(disk.names).toEqual(CURRENT);
  });

  test('of the lock ends all work: the files may belong to another process', () => {
    const { disk, obsolete, events } = removalOf({ '000001.log': 50, '000002.log': 50 });
    obsolete.collect(3);
    disk.stealLock();
    obsolete.step(20);
    expect(obsolete.any).toBe(false);
    expect(sizesIn(disk)).toEqual({ '000001.log': 50, '000002.log': 50 });
    disk.place('000001.log', new Uint8Array(50).fill(9));
    obsolete.collect(3);
    expect(disk.bytes('000001.log')[0]).toBe(9);
    expect(obsolete.any).toBe(false);
    expect(events).toHaveLength(2);
  });

  test('is not that another process has removed the file', () => {
    const { disk, obsolete, events } = removalOf({ '000001.log': 50 });
    obsolete.collect(3);
    disk.take('000001.log');
    obsolete.step(20);
    expect(obsolete.any).toBe(false);
    expect(events).toEqual([]);
  });
});
