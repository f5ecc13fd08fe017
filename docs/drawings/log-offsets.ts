import { endOfTurn, fileBytes, META, sampleStore } from './sample-store.ts';
import { Drawing, type Fill, figure, WIDTH } from './svg.ts';

/** The size of a page of the log in memory, in bytes; a test compares it with docs/tuning.md. */
export const PAGE_BYTES = 65_536;

const LOG = '000001.log';
const VALUE_BYTES = 20_000;

interface LogOffsets {
  readonly durable: number;
  readonly written: number;
  readonly end: number;
}

/** The bytes that a real store has synced, written and accepted after some puts, a sync, a turn, and more puts. */
async function measuredOffsets(): Promise<LogOffsets> {
  const { storage, cache } = sampleStore();
  const put = (count: number): void => {
    for (let i = 0; i < count; i += 1) cache.put(`order:${cache.size}`, new Uint8Array(VALUE_BYTES), META);
  };
  put(7);
  cache.sync();
  const syncs = storage.operations.filter(({ verb, name }) => verb === 'sync' && name === LOG);
  const before = storage.operations.filter(
    ({ verb, name, number }) => verb === 'write' && name === LOG && number < (syncs.at(-1)?.number ?? 0),
  );
  const durable = Math.max(...before.map(({ position, length }) => position + length));
  put(5);
  await endOfTurn();
  const written = fileBytes(storage, LOG).length;
  put(4);
  const offsets = { durable, written, end: cache.stats().logBytes };
  cache.close();
  return offsets;
}

/** The log with its three offsets, over its pages. */
export async function logOffsets(): Promise<string> {
  const { durable, written, end } = await measuredOffsets();
  const drawing = new Drawing(
    'The log and its three offsets',
    `A log of ${figure(end)} bytes over pages of ${figure(PAGE_BYTES)} bytes. Below the offset durable (${figure(durable)}) ` +
      `everything survives any crash. From there to written (${figure(written)}) bytes were handed to the file but not ` +
      'synced: a power cut may lose them. From there to end they are in memory only. No offset ever decreases.',
    348,
  );
  const pages = Math.ceil(end / PAGE_BYTES);
  const [left, width, top, height] = [20, WIDTH - 40, 96, 62];
  const at = (offset: number): number => left + (offset / (pages * PAGE_BYTES)) * width;

  drawing.text(left, 66, `pages of ${figure(PAGE_BYTES)} bytes`, 'small muted');
  drawing.box(left, top, width, height, 'plain');
  const parts: [number, number, Fill, string, string][] = [
    [0, durable, 'green', 'synced', 'survives any crash'],
    [durable, written, 'yellow', 'written, not synced', 'a power cut may lose it'],
    [written, end, 'red', 'in memory only', 'a killed process loses it'],
  ];
  for (const [from, to, fill, name, meaning] of parts) {
    drawing.box(at(from), top, at(to) - at(from), height, fill);
    drawing.text((at(from) + at(to)) / 2, top + 27, name, 'strong', 'middle');
    drawing.text((at(from) + at(to)) / 2, top + 46, meaning, 'small', 'middle');
  }
  for (let page = 0; page <= pages; page += 1) {
    const x = at(page * PAGE_BYTES);
    for (const [from, to] of [
      [top - 20, top],
      [top + height, top + height + 14],
    ] as const) {
      drawing.line(
        [
          [x, from],
          [x, to],
        ],
        'dashed',
      );
    }
    if (page < pages) drawing.text(x + width / pages / 2, top - 10, `page ${page}`, 'small muted', 'middle');
  }

  const offsets: [string, number, string][] = [
    ['durable', durable, 'moves when a sync ends'],
    ['written', written, 'moves when pages are written'],
    ['end', end, 'moves with every accepted record'],
  ];
  for (const [index, [name, offset, meaning]] of offsets.entries()) {
    const y = 196 + index * 34;
    drawing.arrow([
      [at(offset), y + 2],
      [at(offset), top + height + 2],
    ]);
    drawing.text(at(offset) - 8, y, `${name} = ${figure(offset)}`, 'strong', 'end');
    drawing.text(at(offset) - 8, y + 16, meaning, 'small muted', 'end');
  }
  const firstHeld = Math.floor(written / PAGE_BYTES);
  drawing.text(20, 310, 'durable ≤ written ≤ end, and none of them decreases.', 'strong');
  drawing.text(
    20,
    331,
    `From page ${firstHeld} on, pages are pinned until they are written; the others can be evicted and read again.`,
  );
  return drawing.toString();
}
