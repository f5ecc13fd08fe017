import {
  BODY_CHECKSUM_OFFSET,
  BODY_LENGTH_OFFSET,
  bodyOffset,
  FLAGS_OFFSET,
  HEADER_CHECKSUM_OFFSET,
  KEY_LENGTH_OFFSET,
  KIND_OFFSET,
  RECORD_HEADER_BYTES,
  RecordKind,
  recordBytes,
} from '../../src/log/record-format.ts';
import { fileBytes, META, sampleStore } from './sample-store.ts';
import { Drawing, type Fill } from './svg.ts';

const KEY = 'user:1';
const VALUE = '{"n":2}';
const U64_BYTES = 8;
const ROW_BYTES = 8;

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly fill: Fill;
  readonly meaning: string;
}

const watermarkOffset: number = bodyOffset(KEY.length) + VALUE.length;
const cachedAtOffset: number = watermarkOffset + U64_BYTES;
const bodyBytes: number = VALUE.length + 2 * U64_BYTES;
const size: number = recordBytes(KEY.length, bodyBytes);

/** The fields of the record in the drawing, each up to the next. */
const fields: readonly Field[] = [
  {
    name: 'header checksum',
    offset: HEADER_CHECKSUM_OFFSET,
    fill: 'violet',
    meaning: 'header and key, at this offset',
  },
  { name: 'body checksum', offset: BODY_CHECKSUM_OFFSET, fill: 'yellow', meaning: 'the body and its padding' },
  { name: 'kind', offset: KIND_OFFSET, fill: 'plain', meaning: `${RecordKind.put} is PUT` },
  { name: 'flags', offset: FLAGS_OFFSET, fill: 'plain', meaning: '1 for a member of a batch' },
  { name: 'key length', offset: KEY_LENGTH_OFFSET, fill: 'plain', meaning: `${KEY.length} bytes` },
  { name: 'body length', offset: BODY_LENGTH_OFFSET, fill: 'plain', meaning: `${bodyBytes} bytes` },
  { name: 'key', offset: RECORD_HEADER_BYTES, fill: 'blue', meaning: `${KEY}, and its padding` },
  { name: 'value', offset: bodyOffset(KEY.length), fill: 'green', meaning: VALUE },
  { name: 'watermark', offset: watermarkOffset, fill: 'green', meaning: `${META.watermark}, u64` },
  { name: 'cachedAtUs', offset: cachedAtOffset, fill: 'green', meaning: `${META.cachedAtUs}, i64` },
  { name: 'padding', offset: cachedAtOffset + U64_BYTES, fill: 'plain', meaning: 'to a multiple of 8' },
];

/** The bytes of the record as a real store writes them. */
function writtenRecord(): Uint8Array {
  const { storage, cache } = sampleStore();
  cache.put(KEY, new TextEncoder().encode(VALUE), META);
  cache.sync();
  const log = fileBytes(storage, '000001.log');
  cache.close();
  const start = Buffer.from(log.buffer, log.byteOffset, log.length).indexOf(KEY) - RECORD_HEADER_BYTES;
  return log.slice(start, start + size);
}

/** The record of one entry, byte by byte. */
export function recordBytesDrawing(): string {
  const bytes = writtenRecord();
  const drawing = new Drawing(
    'The bytes of a record',
    `A PUT of the key ${KEY} takes ${size} bytes: a header of ${RECORD_HEADER_BYTES} bytes with two checksums, kind, flags and ` +
      'lengths; the key; and the body, which is the value, the watermark and the time it was cached.',
    438,
  );
  const [left, top, cellWidth, cellHeight] = [48, 92, 34, 46];
  for (let column = 0; column < ROW_BYTES; column += 1) {
    drawing.text(left + (column + 0.5) * cellWidth, 80, String(column), 'small muted', 'middle');
  }
  for (let at = 0; at < size; at += 1) {
    const field = fields.findLast(({ offset }) => offset <= at);
    if (field === undefined) throw new Error(`byte ${at} is of no field`);
    const [x, y] = [left + (at % ROW_BYTES) * cellWidth, top + Math.floor(at / ROW_BYTES) * cellHeight];
    if (at % ROW_BYTES === 0) drawing.text(left - 12, y + 28, String(at), 'small muted', 'end');
    drawing.box(x, y, cellWidth, cellHeight - 8, field.fill);
    // The header checksum depends on the salt, which is random for each file.
    const hex = field.offset === HEADER_CHECKSUM_OFFSET ? '··' : (bytes[at] ?? 0).toString(16).padStart(2, '0');
    drawing.text(x + cellWidth / 2, y + 24, hex, 'mono', 'middle');
  }
  drawing.text(352, 80, 'offset', 'small muted', 'end');
  for (const [index, { name, offset, fill, meaning }] of fields.entries()) {
    const y = 96 + index * 25;
    drawing.text(352, y + 12, String(offset), 'small muted', 'end');
    drawing.box(362, y, 14, 14, fill, 3);
    drawing.text(384, y + 12, name, 'strong');
    drawing.text(526, y + 12, meaning, 'small');
  }
  drawing.text(20, 392, `header: ${RECORD_HEADER_BYTES} bytes`, 'strong');
  drawing.text(166, 392, 'Its checksum has the seed salt + offset / 8: it is valid only where it was written.');
  drawing.text(20, 416, `body: ${bodyBytes} bytes`, 'strong');
  drawing.text(166, 416, 'It has a checksum of its own: a damaged body costs this entry and no other.');
  return drawing.toString();
}
