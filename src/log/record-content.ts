import { type BatchExtent, encodeBatchKey, encodeMarkKey } from './control-key.ts';
import { RecordKind, recordBytes } from './record-format.ts';

/** A record before it has a place. */
export interface RecordContent {
  readonly kind: RecordKind;
  readonly flags: number;
  readonly key: Uint8Array;
  /** The body is `value` and, right behind it, `trailer`. */
  readonly value: Uint8Array;
  readonly trailer: Uint8Array;
  /** Bytes of the record in the log. */
  readonly size: number;
}

const NO_BYTES = new Uint8Array(0);

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

export function batchOf(extent: BatchExtent): RecordContent {
  return withoutBody(RecordKind.batch, encodeBatchKey(extent));
}

/** States that everything below `offset` is durable. */
export function markOf(offset: number): RecordContent {
  return withoutBody(RecordKind.mark, encodeMarkKey(offset));
}

/** States that the generation is whole. */
export function completionOf(): RecordContent {
  return withoutBody(RecordKind.complete, NO_BYTES);
}

function withoutBody(kind: RecordKind, key: Uint8Array): RecordContent {
  return { kind, flags: 0, key, value: NO_BYTES, trailer: NO_BYTES, size: recordBytes(key.length, 0) };
}
