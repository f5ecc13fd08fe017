import { decodeFileHeader, FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { LogFile } from '../../src/log/log-file.ts';
import { PagePool } from '../../src/log/page-pool.ts';
import type { RecordContent } from '../../src/log/record-codec.ts';
import { bodyOffset, RECORD_HEADER_BYTES } from '../../src/log/record-format.ts';
import { PAGE_BYTES } from '../../src/log/record-memory.ts';
import { RecordReader } from '../../src/log/record-reader.ts';
import { logName } from '../../src/store/generation-files.ts';
import { text } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

/** A record of a log in its file. Offsets are in bytes; `end` is exclusive. */
export interface FoundRecord {
  readonly kind: number;
  readonly key: string;
  readonly offset: number;
  readonly keyOffset: number;
  readonly bodyOffset: number;
  readonly end: number;
}

/** The records of an undamaged log, for tests that damage one of them. */
export function recordsOf(disk: TestDisk, name: string): FoundRecord[] {
  const contents = disk.bytes(name);
  const header = decodeFileHeader(contents);
  const file = disk.afterKill().open(name, 'read');
  if (header === undefined || file === undefined) throw new Error(`${name} is not a log`);
  const reader = new RecordReader({ file, name, salt: header.salt }, contents.length);
  const records: FoundRecord[] = [];
  for (let offset = FILE_HEADER_BYTES; reader.read(offset) === 'valid'; offset = reader.next) {
    records.push({
      kind: reader.kind,
      key: text(reader.key()),
      offset,
      keyOffset: offset + RECORD_HEADER_BYTES,
      bodyOffset: offset + bodyOffset(reader.keyLength),
      end: reader.next,
    });
  }
  return records;
}

/** A disk with a log of each given generation, which holds these records and nothing else. */
export function diskWithLogs(logs: Readonly<Record<number, readonly RecordContent[]>>): TestDisk {
  const disk = new TestDisk();
  const pool = new PagePool(8 * PAGE_BYTES);
  for (const [number, records] of Object.entries(logs)) {
    const generation = Number(number);
    const name = logName(generation);
    const log = LogFile.create(disk.create(name), name, { generation, salt: generation }, pool, () => {});
    for (const record of records) log.append(record);
    log.flush();
    log.close();
  }
  return disk;
}

/** The last PUT or DELETE record of a key. */
export function lastRecordOf(disk: TestDisk, name: string, key: string): FoundRecord {
  const found = recordsOf(disk, name).findLast((record) => record.key === key);
  if (found === undefined) throw new Error(`${name} has no record of ${key}`);
  return found;
}

/** Flips bits of one byte of a file. */
export function flip(disk: TestDisk, name: string, offset: number, mask = 0x40): void {
  const contents = disk.bytes(name);
  contents[offset] = (contents[offset] as number) ^ mask;
  disk.place(name, contents);
}

/** Truncates a file to `size` bytes. */
export function cut(disk: TestDisk, name: string, size: number): void {
  disk.place(name, disk.bytes(name).slice(0, size));
}
