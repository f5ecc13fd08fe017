import { storageFailure } from '../base/storage-failure.ts';
import type { CacheMeta } from '../contract/cache-entry.ts';
import { metaBytes, readMeta } from '../contract/meta-codec.ts';
import { decodeFileHeader, FILE_HEADER_BYTES, type FileHeader, saltOf } from '../log/file-header.ts';
import type { BatchExtent } from '../log/record-codec.ts';
import { bodyLengthAt, bodyOffset, FLAG_BATCH_MEMBER, RECORD_ALIGNMENT, RecordKind } from '../log/record-format.ts';
import { RecordReader, type Verdict } from '../log/record-reader.ts';
import { readFully } from '../storage/file-transfer.ts';
import type { StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import { withFile } from '../storage/with-file.ts';
import { listGenerations, logName } from './generation-files.ts';
import { lastMarkedOffset } from './recovery/log-replay.ts';

/** A log file as it lies in its directory, whether or not a store opens from it. */
export interface ListedLog {
  readonly name: string;
  /** The generation in the name. */
  readonly generation: number;
  readonly bytes: number;
  /** `undefined` if it is damaged, or the file is not a log. Its generation may differ from that in the name. */
  readonly header: FileHeader | undefined;
  /** The salt of the records, also of a damaged header; `undefined` for a file that ends before it. */
  readonly salt: number | undefined;
  /** Everything below this offset was durable, as the last MARK or COMPLETE states; 0 if there is none. */
  readonly durable: number;
  /** Bytes of the index images of this generation; `undefined` if there is none. */
  readonly imageBytes: number | undefined;
}

/** What is known about a run of bytes in a log. */
export type ListedVerdict =
  /** A whole record whose checksums match. */
  | 'valid'
  /** A record whose body is damaged: its entry is lost. */
  | 'bad-body'
  /** No valid record, although these bytes were durable: damage. */
  | 'damaged'
  /** No valid record, and no sync had covered the bytes: what a crash leaves. Opening cuts the log off here. */
  | 'torn'
  /** A valid record behind a torn one: opening cuts it off. */
  | 'cut-off';

/** A record of a log, or a run of bytes without one. Offsets are bytes; `end` is exclusive. */
export interface ListedRecord {
  readonly offset: number;
  readonly end: number;
  readonly verdict: ListedVerdict;
  /** `undefined` without a valid header. */
  readonly kind: keyof typeof RecordKind | undefined;
  /** The key of a PUT or DELETE, the prefix of a DELETE_PREFIX; else `undefined`. */
  readonly key: Uint8Array | undefined;
  /** Bytes of the body of a PUT: the value and 16 bytes of meta. */
  readonly bodyBytes: number;
  /** The meta of a PUT whose body is valid. */
  readonly meta: CacheMeta | undefined;
  /** Whether the record belongs to the BATCH before it. */
  readonly isBatchMember: boolean;
  /** What a BATCH announces. */
  readonly batch: BatchExtent | undefined;
  /** The offset in a MARK: everything below it was durable. */
  readonly markOffset: number | undefined;
}

const KIND_NAMES: ReadonlyMap<number, keyof typeof RecordKind> = new Map(
  (Object.entries(RecordKind) as [keyof typeof RecordKind, number][]).map(([name, kind]) => [kind, name]),
);

/** The log files of a directory, by generation. It opens them for reading only and decides nothing. Throws `IO`. */
export function listLogs(directory: StorageDirectory): ListedLog[] {
  const { logs, imageFiles } = listGenerations(directory);
  return logs.flatMap((generation) => {
    const imageNames = [...imageFiles].flatMap(([name, its]) => (its === generation ? [name] : []));
    const sizes = imageNames.flatMap((name) => sizeOf(directory, name) ?? []);
    const imageBytes = sizes.length === 0 ? undefined : sizes.reduce((sum, bytes) => sum + bytes);
    const listed = readFrom(directory, logName(generation), (file) => listedLog(file, generation, imageBytes));
    return listed ?? [];
  });
}

/**
 * Every record of a log in order, from the byte `from` on, a multiple of eight. Bytes without a valid record are one run up
 * to the next valid header. The memory it takes does not depend on the length of the log. Throws `IO`.
 */
export function* walkLog(
  directory: StorageDirectory,
  log: ListedLog,
  from: number = FILE_HEADER_BYTES,
): Generator<ListedRecord> {
  const file = openFile(directory, log.name);
  if (file === undefined) return;
  try {
    const reader = new RecordReader({ file, name: log.name, salt: log.salt ?? 0 }, log.bytes);
    let isCut = false;
    let at = from;
    for (let verdict = reader.read(at); verdict !== 'end'; verdict = reader.read(at)) {
      // The writer has replaced this log and truncates it: what is gone is no damage.
      if (verdict !== 'valid' && file.size() < log.bytes) return;
      const record = recordAt(reader, at, verdict, log.durable, isCut);
      isCut ||= record.verdict === 'torn';
      yield record;
      at = record.end;
    }
  } finally {
    file.close();
  }
}

function recordAt(
  reader: RecordReader,
  offset: number,
  verdict: Verdict,
  durable: number,
  isCut: boolean,
): ListedRecord {
  if (verdict === 'bad-header') {
    const end = reader.nextHeader(offset + RECORD_ALIGNMENT) ?? reader.size;
    return { ...NO_RECORD, offset, end, verdict: offset < durable ? 'damaged' : 'torn' };
  }
  const { kind, memory, at } = reader;
  const isValid = verdict === 'valid';
  const bodyBytes = bodyLengthAt(memory.words, at >>> 2);
  const bodyEnd = at + bodyOffset(reader.keyLength) + bodyBytes;
  const hasMeta = isValid && kind === RecordKind.put && bodyBytes >= metaBytes;
  const hasKey = kind === RecordKind.put || kind === RecordKind.delete || kind === RecordKind.deletePrefix;
  const invalid = offset < durable ? 'bad-body' : 'torn';
  return {
    offset,
    end: Math.min(reader.next, reader.size),
    verdict: isValid ? (isCut && 'cut-off') || 'valid' : invalid,
    kind: KIND_NAMES.get(kind),
    key: hasKey ? reader.key() : undefined,
    bodyBytes,
    meta: hasMeta ? readMeta(memory.bytes, bodyEnd - metaBytes) : undefined,
    isBatchMember: (reader.flags & FLAG_BATCH_MEMBER) !== 0,
    batch: kind === RecordKind.batch ? reader.batchExtent() : undefined,
    markOffset: kind === RecordKind.mark ? reader.markOffset() : undefined,
  };
}

const NO_RECORD: Omit<ListedRecord, 'offset' | 'end' | 'verdict'> = {
  kind: undefined,
  key: undefined,
  bodyBytes: 0,
  meta: undefined,
  isBatchMember: false,
  batch: undefined,
  markOffset: undefined,
};

function listedLog(file: StorageFile, generation: number, imageBytes: number | undefined): ListedLog {
  const name = logName(generation);
  const size = file.size();
  const beginning = new Uint8Array(FILE_HEADER_BYTES);
  const bytes = beginning.subarray(0, readFully(file, beginning, 0, FILE_HEADER_BYTES, 0));
  const salt = saltOf(bytes);
  const durable =
    salt === undefined ? 0 : lastMarkedOffset(new RecordReader({ file, name, salt }, size), FILE_HEADER_BYTES);
  return { name, generation, bytes: size, header: decodeFileHeader(bytes), salt, durable, imageBytes };
}

function sizeOf(directory: StorageDirectory, name: string): number | undefined {
  return readFrom(directory, name, (file) => file.size());
}

function readFrom<Result>(
  directory: StorageDirectory,
  name: string,
  read: (file: StorageFile) => Result,
): Result | undefined {
  try {
    return withFile(directory, name, 'read', read);
  } catch (error) {
    throw storageFailure(`read ${name}`, error);
  }
}

function openFile(directory: StorageDirectory, name: string): StorageFile | undefined {
  try {
    return directory.open(name, 'read');
  } catch (error) {
    throw storageFailure(`open ${name}`, error);
  }
}
