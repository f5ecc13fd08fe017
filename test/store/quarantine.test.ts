/*
 * Damaged bytes are copied before they are cut off or forgotten, so that people can examine them. The copy must be
 * exact, and it must never be the reason why a store does not open or a disk fills up.
 */
import { describe, expect, test } from 'vitest';
import type { StorageFile } from '../../src/storage/storage-backend.ts';
import { quarantine, quarantineLogs } from '../../src/store/recovery/quarantine.ts';
import { breakDisk } from './disk-faults.ts';
import { contextOn } from './test-context.ts';
import { TestDisk } from './test-disk.ts';

const LOG = '000001.log';
const MIB = 1024 * 1024;

function patternOf(length: number): Uint8Array {
  return new Uint8Array(length).map((_, at) => at ^ (at >>> 8));
}

/** A disk with a log of this content; `open` opens it. */
function diskWith(content: Uint8Array): { disk: TestDisk; log: StorageFile } & ReturnType<typeof contextOn> {
  const disk = new TestDisk();
  disk.place(LOG, content);
  const log = disk.open(LOG, 'read');
  if (log === undefined) throw new Error('the log is missing');
  return { disk, log, ...contextOn(disk) };
}

describe('quarantine', () => {
  test('copies the ranges one after another, and names the file after the first', () => {
    const content = patternOf(300 * 1024);
    const { disk, log, context, events } = diskWith(content);
    const runs = [
      { from: 50, to: 50 },
      { from: 100, to: 200 * 1024 },
      { from: 250 * 1024, to: 250 * 1024 + 3 },
    ];
    quarantine(context, LOG, log, runs);
    expect(disk.names).toEqual([LOG, `${LOG}.100.corrupt`]);
    const copied = Buffer.concat(runs.map(({ from, to }) => content.subarray(from, to)));
    expect(Buffer.compare(disk.bytes(`${LOG}.100.corrupt`), copied)).toBe(0);
    log.close();
    const bytes = copied.length;
    expect({ events, openFiles: disk.openFiles }).toEqual({
      events: [{ type: 'quarantined', file: `${LOG}.100.corrupt`, bytes }],
      openFiles: 0,
    });
  });

  test('creates nothing for empty ranges, or for none', () => {
    const { disk, log, context, events } = diskWith(patternOf(100));
    quarantine(context, LOG, log, [{ from: 50, to: 50 }]);
    quarantine(context, LOG, log, []);
    expect({ names: disk.names, events }).toEqual({ names: [LOG], events: [] });
  });

  test('copies 16 MiB in all, and no more', () => {
    const { disk, log, context } = diskWith(new Uint8Array(20 * MIB));
    const runs = [
      { from: 0, to: 10 * MIB },
      { from: 10 * MIB, to: 20 * MIB },
    ];
    quarantine(context, LOG, log, runs);
    expect(disk.bytes(`${LOG}.0.corrupt`).length).toBe(16 * MIB);
  });

  test('copies what there is of a range that goes beyond the end of the file', () => {
    const { disk, log, context, events } = diskWith(patternOf(100));
    quarantine(context, LOG, log, [{ from: 90, to: 200 }]);
    expect(disk.bytes(`${LOG}.90.corrupt`)).toEqual(patternOf(100).slice(90));
    expect(events).toEqual([{ type: 'quarantined', file: `${LOG}.90.corrupt`, bytes: 10 }]);
  });

  test('keeps an older copy', () => {
    const { disk, log, context, events } = diskWith(patternOf(100));
    disk.place(`${LOG}.90.corrupt`, Uint8Array.of(1, 2, 3));
    quarantine(context, LOG, log, [{ from: 90, to: 100 }]);
    expect(disk.bytes(`${LOG}.90.corrupt`)).toEqual(Uint8Array.of(1, 2, 3));
    expect(events).toEqual([]);
  });

  test.each(['create', 'read', 'write', 'close'] as const)(
    'that fails at %s is reported, and leaves no file open',
    (verb) => {
      const { disk, log, context, events } = diskWith(patternOf(100));
      const fault = breakDisk(disk, { verb, errno: 'EIO' });
      quarantine(context, LOG, log, [{ from: 90, to: 100 }]);
      expect(events.map(({ type }) => type)).toEqual(['housekeeping-failed']);
      fault.mend();
      log.close();
      expect(disk.openFiles).toBe(0);
    },
  );
});

describe('quarantine of whole logs', () => {
  test('copies them, and reports that their entries are lost', () => {
    const { disk, log, context, events } = diskWith(patternOf(100));
    disk.place('000002.log', patternOf(70));
    const report = quarantineLogs(context, [LOG, '000002.log']);
    const whole = { from: 0, to: 0 };
    expect(report).toMatchObject({ generation: 0, damaged: [whole, whole], forgotten: true, clean: false });
    expect(disk.bytes(`${LOG}.0.corrupt`)).toEqual(patternOf(100));
    expect(disk.bytes('000002.log.0.corrupt')).toEqual(patternOf(70));
    log.close();
    expect({ events, openFiles: disk.openFiles }).toEqual({
      events: [
        { type: 'quarantined', file: `${LOG}.0.corrupt`, bytes: 100 },
        { type: 'quarantined', file: '000002.log.0.corrupt', bytes: 70 },
      ],
      openFiles: 0,
    });
  });

  test('of no logs reports a clean start', () => {
    const { context } = diskWith(patternOf(100));
    expect(quarantineLogs(context, [])).toMatchObject({ damaged: [], forgotten: false, clean: true });
  });

  test('does nothing about a log that another process has removed', () => {
    const { disk, context, events } = diskWith(patternOf(100));
    disk.take(LOG);
    expect(quarantineLogs(context, [LOG])).toMatchObject({ forgotten: true });
    expect({ names: disk.names, events }).toEqual({ names: [], events: [] });
  });
});
