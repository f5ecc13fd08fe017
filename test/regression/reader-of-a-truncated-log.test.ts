/*
 * A reader chose a log, and before it had read the log the writer completed a compaction and truncated the first part of it.
 * What was left ended with an older mark. The reader compared the size of the file with what it had read, not with the size
 * that the log had when it was chosen, took the rest for the store and returned values that were replaced before it opened.
 * It happened once on a busy machine.
 */
import { expect, test } from 'vitest';
import { RecordKind } from '../../src/log/record-format.ts';
import { recordsOf } from '../store/log-records.ts';
import { bytes, getBody, openStore, text } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const LOG = '000001.log';
const NEXT = '000002.log';

/** A disk with two synced values of a key, its log up to the mark of the first one, and the next generation. */
function replacedValue(): { readonly disk: TestDisk; readonly shorter: Uint8Array; readonly next: Uint8Array } {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('old'));
  store.sync();
  const mark = recordsOf(disk, LOG).findLast(({ kind }) => kind === RecordKind.mark);
  const shorter = disk.bytes(LOG).slice(0, mark?.end);
  store.writer.put(bytes('a'), bytes('new'));
  store.sync();
  const later = disk.afterKill();
  openStore(later).compact();
  return { disk, shorter, next: later.bytes(NEXT).slice() };
}

test('a reader starts again if the log is truncated between the choice and the reading', () => {
  const { disk, shorter, next } = replacedValue();
  let reads = 0;
  disk.before = ({ verb, name }) => {
    if (verb !== 'read' || name !== LOG) return undefined;
    reads += 1;
    // The first read is that of the file header.
    if (reads === 2) {
      disk.place(NEXT, next);
      disk.place(LOG, shorter);
    }
    return undefined;
  };
  expect(text(getBody(openStore(disk, { readOnly: true }), bytes('a')) ?? bytes('a miss'))).toBe('new');
});

test('a reader whose log is replaced at every attempt throws, instead of returning an old state', () => {
  const { disk, shorter } = replacedValue();
  const whole = disk.bytes(LOG).slice();
  let attempts = 0;
  disk.before = ({ verb }) => {
    if (verb !== 'list') return undefined;
    attempts += 1;
    disk.place(LOG, attempts % 2 === 1 ? whole : shorter);
    return undefined;
  };
  const open = (): unknown => openStore(disk, { readOnly: true });
  expect(open).toThrow(expect.objectContaining({ code: 'IO', message: expect.stringMatching(/open it again/) }));
});
