/*
 * Which segment a hash belongs to, after any series of splits. A mistake here would need an index of many segments to
 * show, as an entry that is not found.
 */
import { describe, expect, test } from 'vitest';
import { StateReader, StateWriter } from '../../src/key-index/index-image-sections.ts';
import { ENTRIES, FIELDS, OVERFLOW, SegmentTable } from '../../src/key-index/segment-table.ts';
import { seededRandom } from '../../src/testing/index.ts';

const DEPTH_MAX = 18;
const SEGMENT_WORDS = 100;

/** The segments by their depth and the top bits of their hashes, in the plainest form. */
class ModelTable {
  readonly segments: { depth: number; top: number }[] = [{ depth: 0, top: 0 }];

  segmentOf(hash: number): number {
    return this.segments.findIndex(({ depth, top }) => depth === 0 || hash >>> (32 - depth) === top);
  }

  split(segment: number): void {
    const { depth, top } = this.segments[segment] as { depth: number; top: number };
    this.segments[segment] = { depth: depth + 1, top: top * 2 };
    this.segments.push({ depth: depth + 1, top: top * 2 + 1 });
  }
}

function fieldsOf(table: SegmentTable, segment: number): number[] {
  return [...table.fields.subarray(segment * FIELDS, (segment + 1) * FIELDS)];
}

/** A table whose first segment was split at `hash` so often. */
function splitAt(hash: number, times: number): SegmentTable {
  const table = new SegmentTable();
  for (let i = 0; i < times; i += 1) table.split(table.segmentOf(hash), hash);
  return table;
}

function stateOf(table: SegmentTable): Int32Array {
  const writer = new StateWriter();
  table.save(writer);
  return writer.finish();
}

test('at first one segment has all hashes', () => {
  const table = new SegmentTable();
  for (const hash of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]) expect(table.segmentOf(hash)).toBe(0);
  expect([table.count, table.wordCount, table.canSplit(0), table.overflowOf(0)]).toEqual([1, 2 + FIELDS, true, 0]);
});

describe('a split', () => {
  test('divides the hashes of a segment by their next bit, which it returns', () => {
    const table = new SegmentTable();
    expect(table.split(0, 5)).toBe(31);
    expect([0, 2 ** 31 - 1, -(2 ** 31), -1].map((hash) => table.segmentOf(hash))).toEqual([0, 0, 1, 1]);
    expect(table.split(1, -1)).toBe(30);
    expect([0, 0x40000000, 0x80000000, 0xbfffffff, 0xc0000000, -1].map((hash) => table.segmentOf(hash))).toEqual([
      0, 0, 1, 1, 2, 2,
    ]);
    expect(table.split(0, 0x40000000)).toBe(30);
    expect([0, 0x3fffffff, 0x40000000, 0x7fffffff].map((hash) => table.segmentOf(hash))).toEqual([0, 0, 3, 3]);
    expect([table.count, table.root.length]).toEqual([4, 4]);
    expect(table.wordCount).toBe(4 + 4 * FIELDS);
  });

  test('leaves both segments without entries, and no other', () => {
    const table = splitAt(0, 2);
    for (let segment = 0; segment < 3; segment += 1) table.fields[segment * FIELDS + ENTRIES] = 7;
    table.split(table.segmentOf(-1), -1);
    expect([0, 1, 2, 3].map((segment) => fieldsOf(table, segment)[ENTRIES])).toEqual([7, 0, 7, 0]);
    expect([0, 1, 2, 3].map((segment) => fieldsOf(table, segment)[OVERFLOW])).toEqual([0, 0, 0, 0]);
  });

  test('is possible down to a depth of 18', () => {
    for (const hash of [0, -1, 0x12345678]) {
      const table = splitAt(hash, DEPTH_MAX - 1);
      expect([table.canSplit(table.segmentOf(hash)), table.root.length]).toEqual([true, 2 ** (DEPTH_MAX - 1)]);
      expect(table.split(table.segmentOf(hash), hash)).toBe(31 - (DEPTH_MAX - 1));
      expect([table.canSplit(table.segmentOf(hash)), table.root.length]).toEqual([false, 2 ** DEPTH_MAX]);
      expect(table.canSplit(table.segmentOf(~hash))).toBe(true);
    }
  });

  test.each([1, 2, 3])('agrees with a plain list of segments, whatever is split (%i)', (seed) => {
    const random = seededRandom(seed);
    const [table, model] = [new SegmentTable(), new ModelTable()];
    for (let i = 0; i < 60; i += 1) {
      // Every second split is near zero, so that some segments are much deeper than others.
      const hash = (i % 2 === 0 ? random() : random() >>> 8) | 0;
      const segment = table.segmentOf(hash);
      expect(segment).toBe(model.segmentOf(hash));
      if (!table.canSplit(segment)) continue;
      table.split(segment, hash);
      model.split(segment);
      const hashes = Array.from({ length: 50 }, (_, j) => (j % 2 === 0 ? random() : random() >>> 9) | 0);
      expect(hashes.map((other) => table.segmentOf(other))).toEqual(hashes.map((other) => model.segmentOf(other)));
    }
    expect(table.count).toBe(model.segments.length);
  });
});

describe('an overflow segment', () => {
  test('is found from its segment, cannot be split, and may have another', () => {
    const table = splitAt(0, DEPTH_MAX);
    const full = table.segmentOf(0);
    const first = table.count;
    table.addOverflow(full);
    table.addOverflow(first);
    expect([table.overflowOf(full), table.overflowOf(first), table.overflowOf(first + 1)]).toEqual([
      first,
      first + 1,
      0,
    ]);
    expect([table.count, table.canSplit(first)]).toEqual([first + 2, false]);
    expect(table.segmentOf(0)).toBe(full);
    expect(fieldsOf(table, first + 1)).toEqual([DEPTH_MAX, 0, 0]);
  });
});

test('a reset leaves one segment', () => {
  const table = splitAt(0, 5);
  table.reset();
  expect(stateOf(table)).toEqual(stateOf(new SegmentTable()));
  expect(table.segmentOf(-1)).toBe(0);
});

describe('the saved state', () => {
  test('restores the table, which continues alike', () => {
    const table = splitAt(0x12345678, 5);
    table.addOverflow(2);
    table.fields[ENTRIES] = 9;
    const restored = new SegmentTable();
    restored.restore(new StateReader(stateOf(table)), table.count * SEGMENT_WORDS, SEGMENT_WORDS);
    expect([restored.count, restored.shift, restored.root, restored.wordCount]).toEqual([
      table.count,
      table.shift,
      table.root,
      table.wordCount,
    ]);
    expect(restored.fields).toEqual(table.fields.subarray(0, table.count * FIELDS));
    for (const each of [table, restored]) each.split(each.segmentOf(-1), -1);
    expect(stateOf(restored)).toEqual(stateOf(table));
  });

  test.each<[string, RegExp, (state: Int32Array, count: number) => [state: Int32Array, wordCount: number]]>([
    ['without a depth', /0 is not within 1\.\.18/, (state, count) => [state.with(0, 0), count * SEGMENT_WORDS]],
    ['that is too deep', /19 is not within 1\.\.18/, (state, count) => [state.with(0, 19), count * SEGMENT_WORDS]],
    ['without segments', /0 is not within 1\.\.100/, () => [Int32Array.of(1, 0, 0, 0), SEGMENT_WORDS]],
    ['with more segments than words', /6 is not within 1\.\.5/, (state) => [state, 5]],
    ['with slots that are missing', /a directory of 599 words/, (state, count) => [state, count * SEGMENT_WORDS - 1]],
    ['of more slots', /a directory of 601 words/, (state, count) => [state, count * SEGMENT_WORDS + 1]],
  ])('%s is refused', (_name, reason, damage) => {
    const table = splitAt(0, 5);
    const [state, wordCount] = damage(stateOf(table), table.count);
    expect(() => new SegmentTable().restore(new StateReader(state), wordCount, SEGMENT_WORDS)).toThrow(reason);
  });
});
