import { describe, expect, test } from 'vitest';
import type { KeyInput } from '../../src/cache/key-range.ts';
import { intervalOf, type KeyRange, limitOf } from '../../src/cache/key-range.ts';
import { utf8 } from './cache-fixtures.ts';

const stored: readonly Uint8Array[] = [
  utf8(''),
  Uint8Array.of(0),
  utf8('a'),
  Uint8Array.of(0x61, 0),
  utf8('aa'),
  utf8('ab'),
  utf8('b'),
  utf8('ba'),
  Uint8Array.of(0xff),
  Uint8Array.of(0xff, 0xff),
];

const bounds: readonly (KeyInput | undefined)[] = [undefined, '', 'a', utf8('ab'), 'b', Uint8Array.of(0xff)];

/** The keys of a range, with each bound applied separately. */
function expectedKeys({ prefix, gte, gt, lte, lt }: KeyRange): Uint8Array[] {
  const compare = (key: Uint8Array, bound: KeyInput): number => Buffer.compare(key, Buffer.from(bound));
  return stored.filter(
    (key) =>
      (prefix === undefined || Buffer.from(key).subarray(0, prefix.length).equals(Buffer.from(prefix))) &&
      (gte === undefined || compare(key, gte) >= 0) &&
      (gt === undefined || compare(key, gt) > 0) &&
      (lte === undefined || compare(key, lte) <= 0) &&
      (lt === undefined || compare(key, lt) < 0),
  );
}

function keysWithin(range: KeyRange): Uint8Array[] {
  const { lower, upper } = intervalOf(range);
  return stored.filter(
    (key) => Buffer.compare(key, lower) >= 0 && (upper === undefined || Buffer.compare(key, upper) < 0),
  );
}

/** Every combination of `bounds` for the five names. */
function* everyRange(): Generator<KeyRange> {
  for (const prefix of bounds)
    for (const gte of bounds)
      for (const gt of bounds)
        for (const lte of bounds)
          for (const lt of bounds) {
            const given = Object.entries({ prefix, gte, gt, lte, lt }).filter(([, bound]) => bound !== undefined);
            yield Object.fromEntries(given);
          }
}

describe('intervalOf', () => {
  // Why all combinations: all given bounds must hold, and the tightest is not always the last one.
  test('holds exactly the keys within every bound, for each combination of bounds', () => {
    let ranges = 0;
    for (const range of everyRange()) {
      const kept = keysWithin(range);
      if (!isSame(kept, expectedKeys(range))) expect({ range, kept }).toEqual({ range, kept: expectedKeys(range) });
      ranges += 1;
    }
    expect(ranges).toBe(bounds.length ** 5);
  });

  test('without bounds holds every key', () => {
    expect(intervalOf({})).toEqual({ lower: new Uint8Array(0), upper: undefined });
  });

  test('does not change or keep the bytes of a bound that it extends', () => {
    const bound = Uint8Array.of(7, 0xff);
    const { lower } = intervalOf({ gt: bound });
    expect(lower).toEqual(Uint8Array.of(7, 0xff, 0));
    expect(intervalOf({ prefix: bound }).upper).toEqual(Uint8Array.of(8));
    expect(bound).toEqual(Uint8Array.of(7, 0xff));
  });

  test('uses only the own bytes of views of larger buffers', () => {
    const view = utf8('<order>').subarray(1, 6);
    expect(intervalOf({ prefix: view })).toEqual({ lower: utf8('order'), upper: utf8('ordes') });
  });

  test.each(['prefix', 'gte', 'gt', 'lte', 'lt'])('refuses a %s of another type, and names it', (name) => {
    for (const wrong of [null, 7, {}, [1]]) {
      expect(() => intervalOf({ [name]: wrong } as KeyRange)).toThrow(TypeError);
      expect(() => intervalOf({ [name]: wrong } as KeyRange)).toThrow(new RegExp(`^${name} must be`));
    }
    expect(() => intervalOf({ [name]: '\ud800' } as KeyRange)).toThrow(/well-formed/);
  });

  // A bound need not be a key: one that is longer than any key still has a place in the order.
  test('accepts bounds that are longer than any key', () => {
    const longest = new Uint8Array(65_535).fill(0xff);
    const beyond = new Uint8Array(70_000).fill(0xff);
    const isWithin = (range: KeyRange, key: Uint8Array): boolean => {
      const { lower, upper } = intervalOf(range);
      return Buffer.compare(key, lower) >= 0 && (upper === undefined || Buffer.compare(key, upper) < 0);
    };
    expect(isWithin({ lt: beyond }, longest)).toBe(true);
    expect(isWithin({ lte: beyond }, longest)).toBe(true);
    expect(isWithin({ gte: beyond }, longest)).toBe(false);
    expect(isWithin({ gt: beyond }, longest)).toBe(false);
    expect(isWithin({ gt: longest }, longest)).toBe(false);
    expect(isWithin({ prefix: beyond }, longest)).toBe(false);
    expect(intervalOf({ lt: beyond }).upper?.length).toBe(65_536);
    expect(intervalOf({ gt: beyond }).lower.length).toBe(65_536);
  });
});

describe('limitOf', () => {
  test.each([
    [{}, Number.POSITIVE_INFINITY],
    [{ limit: 0 }, 0],
    [{ limit: 1 }, 1],
    [{ limit: Number.MAX_SAFE_INTEGER }, Number.MAX_SAFE_INTEGER],
    [{ limit: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY],
  ])('of %j is %d', (range, limit) => {
    expect(limitOf(range)).toBe(limit);
  });

  test.each([-1, 0.5, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 53, '5', null, 5n])('refuses %s', (wrong) => {
    expect(() => limitOf({ limit: wrong as number })).toThrow(
      new RangeError(`limit must be a non-negative integer or Infinity, not ${String(wrong)}`),
    );
  });
});

function isSame(some: readonly Uint8Array[], others: readonly Uint8Array[]): boolean {
  return some.length === others.length && some.every((key, i) => key === others[i]);
}
