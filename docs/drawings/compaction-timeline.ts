import { DIRECTORY, endOfTurn, META, sampleStore } from './sample-store.ts';
import { Drawing, type Fill, figure, type Point, WIDTH } from './svg.ts';

const KEYS = 40;
const VALUE_BYTES = 16_384;
const OLD = '000001.log';
const NEW = '000002.log';
const PUTS_MAX = 2000;
/** The puts in the drawing before the compaction starts, and after the old log is removed. */
const PUTS_BEFORE = 18;
const PUTS_AFTER = 12;

/** The contents of the directory after a put. */
interface Listing {
  readonly sizes: ReadonlyMap<string, number>;
  readonly generation: number;
}

/** The listings after each put, until a compaction has run and its old log is removed. */
async function listings(): Promise<Listing[]> {
  const { storage, cache } = sampleStore();
  const found: Listing[] = [];
  let rest = PUTS_AFTER;
  while (rest > 0) {
    if (found.length > PUTS_MAX) throw new Error(`no compaction ended within ${PUTS_MAX} puts`);
    cache.put(`order:${found.length % KEYS}`, new Uint8Array(VALUE_BYTES), META);
    await endOfTurn();
    const files = storage.image().get(DIRECTORY) ?? new Map<string, Uint8Array>();
    found.push({
      sizes: new Map([...files].map(([name, bytes]) => [name, bytes.length])),
      generation: cache.stats().generation,
    });
    if (found.some(({ sizes }) => sizes.has(NEW)) && !files.has(OLD)) rest -= 1;
  }
  cache.close();
  return found;
}

/** The files of a store during writes and a compaction. */
export async function compactionTimeline(): Promise<string> {
  const recorded = await listings();
  const skipped = recorded.findIndex(({ sizes }) => sizes.has(NEW)) - PUTS_BEFORE;
  const all = recorded.slice(skipped);
  const begun = PUTS_BEFORE;
  const switched = all.findIndex(({ generation }) => generation === 2);
  const removed = all.findIndex(({ sizes }, index) => index > begun && !sizes.has(OLD));
  const sizeMax = Math.max(...all.map(({ sizes }) => Math.max(sizes.get(OLD) ?? 0, sizes.get(NEW) ?? 0)));
  const drawing = new Drawing(
    'The files of a store through a compaction',
    `The sizes of ${OLD} and ${NEW} after each put. The compaction begins after put ${skipped + begun + 1}, copies ` +
      `what is live while puts still go to the old log, switches after put ${skipped + switched + 1}, and then truncates the old log in ` +
      `steps until it is removed after put ${skipped + removed + 1}.`,
    430,
  );
  const [left, right] = [124, WIDTH - 24];
  const at = (put: number): number => left + (put / (all.length - 1)) * (right - left);
  const lane = (name: string, base: number, height: number, fill: Fill): void => {
    const points = all.flatMap(({ sizes }, put): Point[] => {
      const size = sizes.get(name);
      return size === undefined ? [] : [[at(put), base - (size / sizeMax) * height]];
    });
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined) throw new Error(`there was no ${name}`);
    drawing.area([[first[0], base], ...points, [last[0], base]], fill);
    drawing.line([
      [left, base],
      [right, base],
    ]);
    drawing.text(20, base - height / 2, name, 'mono small');
  };
  lane(OLD, 196, 110, 'yellow');
  lane(NEW, 336, 110, 'blue');
  const largest = Math.max(...all.map(({ sizes }) => sizes.get(OLD) ?? 0));
  drawing.text(20, 133 + 26, `up to ${figure(Math.round(largest / 1024))} KiB`, 'small muted');

  const moments: [number, string][] = [
    [begun, 'begins'],
    [switched, 'switch'],
    [removed, 'removed'],
  ];
  for (const [put, name] of moments) {
    drawing.line(
      [
        [at(put), 70],
        [at(put), 346],
      ],
      'dashed',
    );
    drawing.text(at(put), 62, name, 'strong', 'middle');
    drawing.text(at(put), 362, figure(skipped + put + 1), 'small muted', 'middle');
  }
  drawing.text(20, 362, 'after put', 'small muted');
  drawing.text((at(0) + at(begun)) / 2, 240, 'more than half is dead', 'small', 'middle');
  drawing.text((at(begun) + at(switched)) / 2, 216, 'copy live records', 'small', 'middle');
  drawing.text((at(switched) + at(removed)) / 2, 216, 'truncate', 'small', 'middle');
  drawing.text(20, 392, 'Until the switch', 'strong');
  drawing.text(144, 392, `the store is ${OLD} and gets new records; an opening removes ${NEW}.`);
  drawing.text(20, 413, 'After the switch', 'strong');
  drawing.text(144, 413, `the store is ${NEW}: it has COMPLETE, synced. The header of ${OLD} is zeros.`);
  return drawing.toString();
}
