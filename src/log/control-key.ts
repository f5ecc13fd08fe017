import { BATCH_KEY_BYTES, MARK_KEY_BYTES } from './record-format.ts';

/** How many records belong to a batch and how many bytes they take. */
export interface BatchExtent {
  readonly records: number;
  readonly bytes: number;
}

const RECORDS_OFFSET = 0;
const BYTES_OFFSET = 8;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function encodeMarkKey(offset: number): Uint8Array {
  const key = new Uint8Array(MARK_KEY_BYTES);
  viewOf(key).setBigUint64(0, BigInt(offset), true);
  return key;
}

/** The offset a MARK claims durable. */
export function decodeMarkKey(key: Uint8Array): number {
  return Number(viewOf(key).getBigUint64(0, true));
}

export function encodeBatchKey(extent: BatchExtent): Uint8Array {
  const key = new Uint8Array(BATCH_KEY_BYTES);
  viewOf(key).setUint32(RECORDS_OFFSET, extent.records, true);
  viewOf(key).setBigUint64(BYTES_OFFSET, BigInt(extent.bytes), true);
  return key;
}

export function decodeBatchKey(key: Uint8Array): BatchExtent {
  const view = viewOf(key);
  return { records: view.getUint32(RECORDS_OFFSET, true), bytes: Number(view.getBigUint64(BYTES_OFFSET, true)) };
}
