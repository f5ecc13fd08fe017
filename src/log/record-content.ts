import { BATCH_KEY_BYTES, MARK_KEY_BYTES, RecordKind, recordBytes } from './record-format.ts';

/** The contents of a record, before it has an offset in a log. */
export interface RecordContent {
  readonly kind: RecordKind;
  readonly flags: number;
  readonly key: Uint8Array;
  /** The body is `value` followed by `trailer`. */
  readonly value: Uint8Array;
  readonly trailer: Uint8Array;
  /** Bytes of the record in the log. */
  readonly size: number;
}

/** The number of records of a batch, and the bytes they take together. */
export interface BatchExtent {
  readonly records: number;
  readonly bytes: number;
}

const NO_BYTES = new Uint8Array(0);

/** Where the fields of a BATCH key are. */
const RECORDS_OFFSET = 0;
const BYTES_OFFSET = 8;

export function putOf(key: Uint8Array, value: Uint8Array, trailer: Uint8Array, flags = 0): RecordContent {
  const size = recordBytes(key.length, value.length + trailer.length);
  return { kind: RecordKind.put, flags, key, value, trailer, size };
}

export function deletionOf(key: Uint8Array): RecordContent {
  return withoutBody(RecordKind.delete, key);
}

export function prefixDeletionOf(prefix: Uint8Array): RecordContent {
  return withoutBody(RecordKind.deletePrefix, prefix);
}

/** The record before the members of a batch. */
export function batchOf({ records, bytes }: BatchExtent): RecordContent {
  const key = new Uint8Array(BATCH_KEY_BYTES);
  const view = viewOf(key);
  view.setUint32(RECORDS_OFFSET, records, true);
  view.setBigUint64(BYTES_OFFSET, BigInt(bytes), true);
  return withoutBody(RecordKind.batch, key);
}

/** States that everything below `offset` is durable. */
export function markOf(offset: number): RecordContent {
  const key = new Uint8Array(MARK_KEY_BYTES);
  viewOf(key).setBigUint64(0, BigInt(offset), true);
  return withoutBody(RecordKind.mark, key);
}

/** States that the generation is complete. */
export function completionOf(): RecordContent {
  return withoutBody(RecordKind.complete, NO_BYTES);
}

/** The offset in the key of a MARK. */
export function decodeMarkKey(key: Uint8Array): number {
  return Number(viewOf(key).getBigUint64(0, true));
}

/** The extent in the key of a BATCH. */
export function decodeBatchKey(key: Uint8Array): BatchExtent {
  const view = viewOf(key);
  return { records: view.getUint32(RECORDS_OFFSET, true), bytes: Number(view.getBigUint64(BYTES_OFFSET, true)) };
}

function withoutBody(kind: RecordKind, key: Uint8Array): RecordContent {
  return { kind, flags: 0, key, value: NO_BYTES, trailer: NO_BYTES, size: recordBytes(key.length, 0) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
