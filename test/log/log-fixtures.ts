import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { LogFile } from '../../src/log/log-file.ts';
import { PagePool } from '../../src/log/page-pool.ts';
import { putOf } from '../../src/log/record-codec.ts';
import { PAGE_BYTES } from '../../src/log/record-memory.ts';
import { RecordReader } from '../../src/log/record-reader.ts';
import type { StorageFile } from '../../src/storage/storage-backend.ts';
import { TestDisk } from '../store/test-disk.ts';

export const NAME = '000001.log';
const NO_BYTES: Uint8Array = new Uint8Array(0);
const SALT = 0x5eed;

/** A log on a test disk, with a pool of `pages` pages. */
export function newLog(pages = 8): { disk: TestDisk; log: LogFile; pool: PagePool } {
  const disk = new TestDisk();
  const pool = new PagePool(pages * PAGE_BYTES);
  const log = LogFile.create(disk.create(NAME), NAME, { generation: 1, salt: SALT }, pool, () => {});
  return { disk, log, pool };
}

/** The file of the log, opened again. */
export function fileOf(disk: TestDisk): StorageFile {
  const file = disk.open(NAME, 'write');
  if (file === undefined) throw new Error('the log has no file');
  return file;
}

export function readerOf(disk: TestDisk): RecordReader {
  const file = fileOf(disk);
  return new RecordReader({ file, name: NAME, salt: SALT }, file.size());
}

/** Opens the log again from its file. */
export function reopened(disk: TestDisk, pages = 8): LogFile {
  const file = fileOf(disk);
  const end = file.size();
  return new LogFile({
    name: NAME,
    file,
    header: { version: 1, generation: 1, salt: SALT },
    end,
    lastDataRecord: { offset: FILE_HEADER_BYTES, end },
    pool: new PagePool(pages * PAGE_BYTES),
    assertLockHeld: () => {},
  });
}

export function key(number: number): Uint8Array {
  return new TextEncoder().encode(`key ${number}`);
}

/** Bytes that differ from place to place and from number to number. */
export function body(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  // A loop, because `Uint8Array.from` takes twenty times as long.
  for (let i = 0; i < length; i += 1) bytes[i] = number * 31 + i * 7 + (i >>> 8);
  return bytes;
}

/** Appends a put and returns its offset. */
export function appendPut(log: LogFile, number: number, length: number): { offset: number; size: number } {
  const offset = log.append(putOf(key(number), body(number, length), NO_BYTES));
  return { offset, size: log.end - offset };
}
