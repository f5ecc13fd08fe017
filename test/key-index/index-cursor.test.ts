import { describe, expect, test } from 'vitest';
import type { IndexCursor } from '../../src/key-index/index-cursor.ts';
import { ALL_KEYS, type KeyInterval } from '../../src/key-index/index-cursor.ts';
import { KeyIndex } from '../../src/key-index/key-index.ts';
import { keysOf, randomKeys, seededIndex, sortedKeys, text, textsOf, utf8 } from './index-fixtures.ts';

function indexOf(texts: readonly string[]): KeyIndex {
  const index = seededIndex();
  for (const [i, each] of texts.entries()) index.put(utf8(each), i, 1);
  return index;
}

function interval(lower: string, upper?: string): KeyInterval {
  return { lower: utf8(lower), upper: upper === undefined ? undefined : utf8(upper) };
}

function stepTo(cursor: IndexCursor, wanted: string): void {
  while (cursor.next() !== 0) if (text(cursor.key()) === wanted) return;
  throw new Error(`no ${wanted}`);
}

const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

describe.each([
  ['upward', false],
  ['downward', true],
])('a cursor %s', (_name, reverse) => {
  const ordered = (texts: readonly string[]): string[] => (reverse ? [...texts].reverse() : [...texts]);
  const rest = (cursor: IndexCursor): string[] => {
    const texts: string[] = [];
    while (cursor.next() !== 0) texts.push(text(cursor.key()));
    return texts;
  };

  test.each([
    [interval(''), letters],
    [interval('c', 'e'), ['c', 'd']],
    [interval('bb', 'dd'), ['c', 'd']],
    [interval('f'), ['f', 'g']],
    [interval('', 'b'), ['a']],
    [interval('h'), []],
    [interval('', 'a'), []],
    [interval('d', 'd'), []],
    [interval('e', 'b'), []],
  ])('stays within its bounds: %#', (bounds, expected) => {
    expect(textsOf(indexOf(letters), bounds, reverse)).toEqual(ordered(expected));
  });

  test('stays at its end', () => {
    const index = indexOf(['b']);
    const cursor = index.cursor(interval('a', 'c'), reverse);
    expect(cursor.next()).toBe(index.find(utf8('b')));
    expect(cursor.next()).toBe(0);
    index.put(utf8('aa'), 0, 1);
    index.put(utf8('bb'), 0, 1);
    expect(textsOf(index)).toEqual(['aa', 'b', 'bb']);
    for (let i = 0; i < 2; i += 1) expect(cursor.next()).toBe(0);
  });

  test('begins at its bound, wherever another cursor is', () => {
    const index = indexOf(letters);
    const cursor = index.cursor(ALL_KEYS, reverse);
    index.cursor(interval('d')).next();
    expect(rest(cursor)).toEqual(ordered(letters));
  });

  test('has a key only after a step', () => {
    const cursor = indexOf(['b']).cursor(ALL_KEYS, reverse);
    expect(() => cursor.key()).toThrow(new RangeError('the cursor is not at a key: call next() until it returns 0'));
    cursor.next();
    const key = cursor.key();
    key[0] = 0;
    expect(text(cursor.key())).toBe('b');
    cursor.next();
    expect(() => cursor.key()).toThrow(RangeError);
  });

  test('keeps the key of a removed node, and continues from there', () => {
    const index = indexOf(letters);
    const cursor = index.cursor(ALL_KEYS, reverse);
    stepTo(cursor, 'd');
    index.remove(utf8('d'));
    expect(text(cursor.key())).toBe('d');
    expect(rest(cursor)).toEqual(reverse ? ['c', 'b', 'a'] : ['e', 'f', 'g']);
  });

  // The freed node is reused for a key elsewhere in the order: following its tower would skip or repeat keys.
  test('does not follow a node whose memory was reused', () => {
    const index = indexOf(letters);
    const cursor = index.cursor(ALL_KEYS, reverse);
    stepTo(cursor, 'd');
    index.remove(utf8('d'));
    for (const other of ['A', 'B', 'x', 'y', 'z']) index.put(utf8(other), 0, 1);
    const seen = rest(cursor);
    expect(seen.filter((each) => letters.includes(each))).toEqual(reverse ? ['c', 'b', 'a'] : ['e', 'f', 'g']);
    expect(seen).toEqual(ordered([...seen].sort()));
  });

  test('does not return what was removed ahead of it', () => {
    const index = indexOf(letters);
    const cursor = index.cursor(ALL_KEYS, reverse);
    stepTo(cursor, 'd');
    index.removeInterval(reverse ? interval('b', 'd') : interval('e', 'g'));
    expect(rest(cursor)).toEqual([reverse ? 'a' : 'g']);
  });

  test('ends when everything was removed, and stays ended', () => {
    const index = indexOf(letters);
    const cursor = index.cursor(ALL_KEYS, reverse);
    cursor.next();
    index.clear();
    for (const each of ['a', 'g']) index.put(utf8(each), 0, 1);
    index.cursor(ALL_KEYS);
    expect(rest(cursor)).toEqual([reverse ? 'a' : 'g']);
    expect(cursor.next()).toBe(0);
  });

  test('sees all permanent keys while others are added and removed', () => {
    const keys = randomKeys(3000);
    const index = seededIndex();
    for (const key of keys) index.put(key, 0, 1);
    const staying = sortedKeys(keys.filter((_, i) => i % 3 === 0));
    const seen: string[] = [];
    const cursor = index.cursor(ALL_KEYS, reverse);
    for (let step = 0; cursor.next() !== 0; step += 1) {
      seen.push(Buffer.from(cursor.key()).toString('hex'));
      const other = keys[(step * 3 + 1) % keys.length] as Uint8Array;
      if (step % 2 === 0) index.remove(other);
      else index.put(other, 0, 1);
    }
    const hex = (reverse ? staying.reverse() : staying).map((key) => Buffer.from(key).toString('hex'));
    const wanted = new Set(hex);
    expect(seen.filter((key) => wanted.has(key))).toEqual(hex);
    const inOrder = [...new Set(seen)].sort();
    expect(seen).toEqual(reverse ? inOrder.reverse() : inOrder);
  });

  test('walks more keys than a block, from any bound', () => {
    const keys = sortedKeys(randomKeys(5000));
    const index = seededIndex(3);
    for (const key of keys) index.put(key, 0, 1);
    for (const [from, to] of [
      [0, 5000],
      [1, 4999],
      [700, 1400],
      [4000, 4001],
    ] as const) {
      const expected = keys.slice(from, to);
      const found = keysOf(index, { lower: keys[from] as Uint8Array, upper: keys[to] }, reverse);
      expect(found).toEqual(reverse ? expected.reverse() : expected);
    }
  });

  // A run without a tall tower is longer than any block; towers of one level only are the worst case.
  test.each([
    ['one level', 0xffffffff],
    ['every level', 0],
  ])('walks a list with towers of %s', (_towers, word) => {
    const keys = sortedKeys(randomKeys(2000));
    const index = new KeyIndex(() => word);
    for (const key of keys) index.put(key, 0, 1);
    expect(keysOf(index, ALL_KEYS, reverse)).toEqual(reverse ? [...keys].reverse() : keys);
  });
});

describe('peek', () => {
  const peeked = (cursor: IndexCursor, entries: number): number[] => {
    const seen: number[] = [];
    const count = cursor.peek(entries, (location, units) => seen.push(location, units));
    expect(seen.length).toBe(2 * count);
    return seen;
  };

  test('returns the next locations and units, once the cursor is at a key', () => {
    const cursor = indexOf(letters).cursor(ALL_KEYS);
    expect(peeked(cursor, 2)).toEqual([]);
    stepTo(cursor, 'c');
    expect(peeked(cursor, 2)).toEqual([3, 1, 4, 1]);
    expect(peeked(cursor, 9)).toEqual([3, 1, 4, 1, 5, 1, 6, 1]);
    expect(text(cursor.key())).toBe('c');
    stepTo(cursor, 'g');
    expect(peeked(cursor, 2)).toEqual([]);
  });

  test('returns nothing downward', () => {
    const cursor = indexOf(letters).cursor(ALL_KEYS, true);
    stepTo(cursor, 'c');
    expect(peeked(cursor, 2)).toEqual([]);
  });

  test('returns nothing for nodes that may be gone', () => {
    const index = indexOf(letters);
    const cursor = index.cursor(ALL_KEYS);
    stepTo(cursor, 'c');
    index.remove(utf8('d'));
    expect(peeked(cursor, 2)).toEqual([]);
    stepTo(cursor, 'e');
    expect(peeked(cursor, 2)).toEqual([5, 1, 6, 1]);
  });
});
