import { LogCache } from '../../src/index.ts';
import { bodyOffset, MARK_KEY_BYTES, RECORD_HEADER_BYTES, recordBytes } from '../../src/log/record-format.ts';
import { FaultStorage } from '../../src/testing/index.ts';
import { DIRECTORY, endOfTurn, fileBytes, META, sampleStore } from './sample-store.ts';
import { Drawing } from './svg.ts';

const LOG = '000001.log';
/** The damaged log: the first three puts are covered by a sync and its mark, the last one is only written. */
const SYNCED: readonly string[] = ['key-a', 'key-b', 'key-c'];
const UNSYNCED = 'key-d';
const DAMAGED = 'key-b';

/** The log as a killed process leaves it. */
async function writtenLog(): Promise<Uint8Array> {
  const { storage, cache } = sampleStore();
  for (const key of SYNCED) cache.put(key, new Uint8Array(16), META);
  cache.sync();
  cache.put(UNSYNCED, new Uint8Array(16), META);
  await endOfTurn();
  return fileBytes(storage, LOG).slice();
}

/** The keys that a store still has after one bit of the record of `key` was flipped. */
function keysAfter(log: Uint8Array, key: string, part: 'header' | 'body'): string {
  const bytes = log.slice();
  const start = Buffer.from(bytes.buffer).indexOf(key) - RECORD_HEADER_BYTES;
  const place = part === 'header' ? start : start + bodyOffset(key.length);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  const storage = new FaultStorage({ image: new Map([[DIRECTORY, new Map([[LOG, bytes]])]]) });
  const cache = LogCache.open(DIRECTORY, { storage });
  const keys = [...cache.keys()].map((found) => new TextDecoder().decode(found).slice('key-'.length));
  cache.close();
  return keys.join(', ');
}

/** How recovery distinguishes a torn tail from damage, with what a real store keeps in each case. */
export async function recoveryDecision(): Promise<string> {
  const log = await writtenLog();
  const kept = (key: string, part: 'header' | 'body'): string => `kept here: ${keysAfter(log, key, part)}`;
  const drawing = new Drawing(
    'How recovery decides',
    'Recovery reads record by record to the first one that is not as written. If nothing says that this place was durable, ' +
      'it is a torn tail and the log is truncated there. If a mark or the index image says so, it is damage: a bad body costs ' +
      'its own key, a bad header costs all older entries.',
    560,
  );
  example(drawing);
  drawing.label(230, 140, 260, 44, 'plain', ['Read the next record.', 'Are header and body as written?']);
  drawing.arrow([
    [490, 162],
    [548, 162],
  ]);
  drawing.text(519, 154, 'yes', 'small', 'middle');
  drawing.label(548, 140, 152, 44, 'green', ['apply it', 'and continue']);
  drawing.arrow([
    [360, 184],
    [360, 226],
  ]);
  drawing.text(368, 209, 'no', 'small');
  const markBytes = recordBytes(MARK_KEY_BYTES, 0);
  drawing.label(200, 226, 320, 62, 'blue', [
    'Was this place durable?',
    `Does a MARK (${markBytes} bytes) behind it, COMPLETE,`,
    'or the index image cover this offset?',
  ]);
  drawing.arrow([
    [200, 257],
    [110, 257],
    [110, 390],
  ]);
  drawing.text(154, 249, 'no', 'small', 'middle');
  drawing.label(20, 390, 180, 96, 'yellow', [
    'torn tail',
    'truncate here, or at the',
    'start of the batch',
    kept(UNSYNCED, 'header'),
  ]);
  drawing.arrow([
    [360, 288],
    [360, 318],
  ]);
  drawing.text(368, 308, 'yes: damage', 'small');
  drawing.label(270, 318, 180, 34, 'plain', ['What is wrong?']);
  drawing.arrow([
    [320, 352],
    [320, 390],
  ]);
  drawing.text(312, 374, 'the body', 'small', 'end');
  drawing.label(220, 390, 200, 96, 'red', ['lose this key', 'continue after the record', kept(DAMAGED, 'body')]);
  drawing.arrow([
    [450, 335],
    [580, 335],
    [580, 390],
  ]);
  drawing.text(572, 374, 'the header', 'small', 'end');
  drawing.label(440, 390, 260, 96, 'red', [
    'forget all older entries',
    'it may have deleted any of them;',
    'continue at the next valid header',
    kept(DAMAGED, 'header'),
  ]);
  drawing.text(
    20,
    516,
    'The kept keys are those of the log above: torn tail with a bad header of d, damage in b.',
    'small muted',
  );
  drawing.text(20, 540, 'A log that ends below the covered offset has lost unknown records: everything is forgotten.');
  return drawing.toString();
}

function example(drawing: Drawing): void {
  const cells: [string, 'green' | 'violet' | 'yellow'][] = [
    ['put a', 'green'],
    ['put b', 'green'],
    ['put c', 'green'],
    ['MARK', 'violet'],
    ['put d', 'yellow'],
  ];
  for (const [index, [name, fill]] of cells.entries()) {
    drawing.box(150 + index * 84, 60, 84, 34, fill);
    drawing.text(192 + index * 84, 82, name, 'mono small', 'middle');
  }
  drawing.text(20, 82, 'a log', 'strong');
  drawing.text(276, 114, 'synced, and covered by the mark', 'small muted', 'middle');
  drawing.text(528, 114, 'written, not synced', 'small muted', 'middle');
}
