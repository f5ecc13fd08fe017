/*
 * Opening never fails because of file contents: arbitrary bytes, arbitrary bytes after a valid header, and records that
 * are valid one by one but make no sense together. A length in a file is limited by the size of the file.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFileHeader } from '../src/log/file-header.ts';
import {
  batchOf,
  completionOf,
  deletionOf,
  encodeRecord,
  markOf,
  prefixDeletionOf,
  putOf,
  type RecordContent,
} from '../src/log/record-codec.ts';
import { recordBytes } from '../src/log/record-format.ts';
import { recordMemory } from '../src/log/record-memory.ts';
import { bytes, contentsOf, openStore } from '../test/store/store-history.ts';
import { TestDisk } from '../test/store/test-disk.ts';
import { runs } from './runs.ts';

const SALT = 77;
const LOG = '000003.log';
const IMAGE = '000003.index';

const key = fc.constantFrom('', 'a', 'ab', 'b').map(bytes);
const offset = fc.oneof(fc.nat({ max: 400 }), fc.constantFrom(2 ** 31, 2 ** 40, 2 ** 53, 2 ** 63));

const content: fc.Arbitrary<RecordContent> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(key, fc.uint8Array({ maxLength: 20 }), fc.nat({ max: 1 })).map(sensiblePut) },
  { weight: 1, arbitrary: key.map(deletionOf) },
  { weight: 1, arbitrary: key.map(prefixDeletionOf) },
  { weight: 2, arbitrary: offset.map(markOf) },
  { weight: 1, arbitrary: fc.constant(null).map(completionOf) },
  {
    weight: 2,
    arbitrary: fc.record({ records: fc.nat({ max: 2 ** 32 - 1 }), bytes: offset }).map(batchOf),
  },
  { weight: 1, arbitrary: fc.record({ records: fc.nat({ max: 3 }), bytes: fc.nat({ max: 120 }) }).map(batchOf) },
);

function sensiblePut([name, value, flags]: [Uint8Array, Uint8Array, number]): RecordContent {
  return putOf(name, value, new Uint8Array(0), flags);
}

/** A log with exactly these records. */
function logOf(contents: readonly RecordContent[]): Uint8Array {
  const parts = [encodeFileHeader({ version: 1, generation: 3, salt: SALT })];
  let end = parts[0]?.length ?? 0;
  for (const record of contents) {
    const memory = recordMemory(recordBytes(record.key.length, record.value.length));
    end += encodeRecord(memory, 0, record, SALT, end);
    parts.push(memory.bytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Opens, reads and writes; a crash and a compaction must not change the contents. */
function expectUsable(disk: TestDisk): void {
  contentsOf(openStore(disk.afterKill(), { readOnly: true }));
  const store = openStore(disk);
  const contents = contentsOf(store).set('new', 'value');
  store.writer.put(bytes('new'), bytes('value'));
  store.sync();
  expect(contentsOf(openStore(disk.afterCrash(() => 'none')))).toEqual(contents);
  store.compact();
  store.close();
  expect(contentsOf(openStore(disk))).toEqual(contents);
}

test('arbitrary bytes as log and image are not a store, and do not prevent one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), (log, image) => {
      const disk = new TestDisk();
      disk.place(LOG, log);
      disk.place(IMAGE, image);
      expectUsable(disk);
    }),
    { numRuns: runs(100) },
  );
});

test('arbitrary bytes after a header and COMPLETE are a torn tail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (tail) => {
      const disk = new TestDisk();
      disk.place(LOG, new Uint8Array([...logOf([completionOf(), putOf(bytes('a'), bytes('v'), bytes(''))]), ...tail]));
      expect(contentsOf(openStore(disk.afterKill())).get('a')).toBe('v');
      expectUsable(disk);
    }),
    { numRuns: runs(100) },
  );
});

test('valid records in any order, with any contents, open', () => {
  fc.assert(
    fc.property(
      fc.array(content, { maxLength: 12 }),
      fc.boolean(),
      fc.nat({ max: 20 }),
      (contents, complete, missing) => {
        const disk = new TestDisk();
        const log = logOf(complete ? [completionOf(), ...contents] : contents);
        disk.place(LOG, log.slice(0, Math.max(0, log.length - Math.max(0, missing - 12))));
        expectUsable(disk);
      },
    ),
    { numRuns: runs(500) },
  );
});
