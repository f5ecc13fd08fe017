/*
 * The disk was full in the middle of writing a record, so that half of it was in the file and all of it in memory. A
 * running compaction read the file, took the half for damage and dropped the entry, which had been accepted.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import type { DiskCall } from '../../src/testing/index.ts';
import { bytes, getBody, openWithEvents, text } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

/** The log accepts `bytesLeft` more bytes, then none. */
function fullAfter(bytesLeft: number): (operation: DiskCall) => number | undefined {
  let left = bytesLeft;
  return ({ verb, name, length }) => {
    if (verb !== 'write' || name !== '000001.log') return undefined;
    if (left === 0) throw errnoError('ENOSPC', 'no space left on device', verb, name);
    const taken = Math.min(left, length);
    left -= taken;
    return taken;
  };
}

async function compactOnFullDisk(spaceReturns: boolean): Promise<void> {
  const disk = new TestDisk();
  const { store, events } = openWithEvents(disk);
  for (let round = 0; round < 8; round += 1) store.writer.put(bytes('big'), new Uint8Array(60_000).fill(round));
  store.sync();
  const compaction = store.compactAsync();
  disk.before = fullAfter(1000);
  store.writer.put(bytes('key'), new Uint8Array(5000).fill(7));
  expect(() => store.sync()).toThrow(/ENOSPC/);
  if (spaceReturns) {
    disk.before = () => undefined;
    await compaction;
  } else {
    await expect(compaction).rejects.toThrow(/ENOSPC/);
    expect(events).toContainEqual(expect.objectContaining({ type: 'compaction-abandoned' }));
  }
  expect(getBody(store, bytes('key'))?.length).toBe(5000);
  disk.before = () => undefined;
  store.sync();
  const after = openWithEvents(disk.afterCrash(() => 'none')).store;
  expect(text(getBody(after, bytes('key')) ?? bytes(''))).toBe(text(new Uint8Array(5000).fill(7)));
}

test('a compaction waits for the rest of a record that is half written', () => compactOnFullDisk(true));

test('a compaction is abandoned if the rest cannot be written', () => compactOnFullDisk(false));
