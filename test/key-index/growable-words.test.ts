import { describe, expect, test } from 'vitest';
import { GrowableWords, WORDS_MAX } from '../../src/key-index/growable-words.ts';

function filled(memory: GrowableWords): GrowableWords {
  memory.words.forEach((_, i) => {
    memory.words[i] = i + 1;
  });
  return memory;
}

function expectFilled(memory: GrowableWords, count: number): void {
  expect(memory.words.slice(0, count)).toEqual(Int32Array.from({ length: count }, (_, i) => i + 1));
  expect(memory.words.slice(count).every((word) => word === 0)).toBe(true);
}

// Runtimes differ in the reservation they grant: one that is large enough, one that is too small, none, an absurd one.
describe.each([
  ['in place', [2 ** 24]],
  ['in place, then by copying', [2 ** 10]],
  ['by copying', []],
  ['after a refused reservation', [2 ** 60, 2 ** 24]],
])('memory that grows %s', (_name, reservations) => {
  test('keeps its contents and adds zeros', () => {
    const memory = filled(new GrowableWords(16, reservations));
    memory.grow(100);
    expect(memory.words.length).toBeGreaterThanOrEqual(100);
    expectFilled(memory, 16);
    memory.grow(100_000);
    expect(memory.words.length).toBeGreaterThanOrEqual(100_000);
    expectFilled(memory, 16);
  });

  test('is zero and small after a reset, and zero when it grows again', () => {
    const memory = new GrowableWords(16, reservations);
    memory.grow(100_000);
    memory.words.fill(-1);
    memory.reset(16);
    expect(memory.words).toEqual(new Int32Array(16));
    memory.grow(100_000);
    expect(memory.words.every((word) => word === 0)).toBe(true);
  });

  test('throws a RangeError at its limit and stays unchanged', () => {
    const memory = filled(new GrowableWords(16, reservations, 1000));
    memory.grow(1000);
    expect(memory.words.length).toBe(1000);
    expect(() => memory.grow(1001)).toThrow(/no memory for an index part of 4004 bytes/);
    expectFilled(memory, 16);
  });

  test('copies the given words', () => {
    const memory = filled(new GrowableWords(16, reservations));
    const given = Int32Array.from({ length: 10 }, (_, i) => i + 1);
    memory.adopt(given);
    expectFilled(memory, 10);
    memory.words[0] = 77;
    expect(given[0]).toBe(1);
  });
});

describe('memory made for adoption', () => {
  test('is adopted without a copy, once, and grows', () => {
    const given = GrowableWords.forAdoption(10);
    given.set(Int32Array.from({ length: 10 }, (_, i) => i + 1));
    const memory = new GrowableWords(16);
    memory.adopt(given);
    expect(memory.words.buffer).toBe(given.buffer);
    memory.grow(50_000);
    expectFilled(memory, 10);
    const second = new GrowableWords(16);
    second.adopt(given);
    expect(second.words.buffer).not.toBe(given.buffer);
  });
});

test('throws a RangeError when the platform is out of memory', () => {
  const memory = filled(new GrowableWords(16, [], 2 ** 53));
  expect(() => memory.grow(2 ** 50)).toThrow(/remove entries or use several stores/);
  expectFilled(memory, 16);
});

test('addresses stay below 2^30', () => {
  expect(() => new GrowableWords(16).grow(WORDS_MAX + 1)).toThrow(RangeError);
  expect(WORDS_MAX).toBeLessThan(2 ** 30);
});
