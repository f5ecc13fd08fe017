import { describe, expect, test, vi } from 'vitest';
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

describe('growing', () => {
  const bufferOf = (memory: GrowableWords): ArrayBuffer => memory.words.buffer as ArrayBuffer;
  const STEP = 2 ** 14;
  const LARGE = 2 ** 20;

  test('in place adds an eighth, by copying a half, and at least 2^14 words', () => {
    const [inPlace, copying] = [new GrowableWords(LARGE, [2 ** 26]), new GrowableWords(LARGE, [])];
    const [reserved, copied] = [bufferOf(inPlace), bufferOf(copying)];
    for (const memory of [inPlace, copying]) memory.grow(LARGE + 1);
    expect([inPlace.words.length, copying.words.length]).toEqual([LARGE + LARGE / 8, LARGE + LARGE / 2]);
    expect([bufferOf(inPlace) === reserved, bufferOf(copying) === copied]).toEqual([true, false]);
    for (const reservations of [[2 ** 26], []]) {
      const small = new GrowableWords(16, reservations);
      small.grow(17);
      expect(small.words.length).toBe(16 + STEP);
      small.grow(5 * STEP);
      expect(small.words.length).toBe(5 * STEP);
    }
  });

  test('to no more than there is does nothing', () => {
    const memory = new GrowableWords(16, [2 ** 26]);
    for (const wordsMin of [1, 15, 16]) memory.grow(wordsMin);
    expect(memory.words.length).toBe(16);
  });

  test('uses a reservation to its end, and copies beyond it', () => {
    const memory = filled(new GrowableWords(16, [64 * 4]));
    const buffer = bufferOf(memory);
    memory.grow(64);
    expect([memory.words.length, bufferOf(memory) === buffer]).toEqual([64, true]);
    memory.grow(65);
    expect([memory.words.length, bufferOf(memory) === buffer]).toEqual([64 + STEP, false]);
    expectFilled(memory, 16);
  });

  test('copies if the platform has no memory at the end of the buffer', () => {
    const memory = filled(new GrowableWords(16, [2 ** 20]));
    const resize = vi.spyOn(ArrayBuffer.prototype, 'resize').mockImplementation(() => {
      throw new RangeError('no memory');
    });
    memory.grow(100);
    resize.mockRestore();
    expect(memory.words.length).toBe(16 + STEP);
    expectFilled(memory, 16);
  });
});

describe('a reset', () => {
  test('in place keeps the buffer, otherwise a larger one is released', () => {
    for (const reservations of [[2 ** 26], []]) {
      const memory = new GrowableWords(16, reservations);
      memory.grow(100);
      const { buffer } = memory.words;
      memory.reset(16);
      expect([memory.words.length, memory.words.buffer === buffer]).toEqual([16, reservations.length > 0]);
    }
  });

  test('to as many words or more than there are keeps them, as zeros', () => {
    for (const reservations of [[2 ** 26], []]) {
      for (const wordCount of [16, 1000]) {
        const memory = filled(new GrowableWords(16, reservations));
        const { words } = memory;
        memory.reset(wordCount);
        expect(memory.words).toBe(words);
        expect(words).toEqual(new Int32Array(16));
      }
    }
  });
});

test('the first reservation that is large enough, and granted, is taken', () => {
  const reserved = (...reservations: number[]): readonly [boolean, number] => {
    const buffer = new GrowableWords(16, reservations).words.buffer as ArrayBuffer;
    return [buffer.resizable, buffer.maxByteLength];
  };
  expect(reserved(32, 2 ** 20, 2 ** 24)).toEqual([true, 2 ** 20]);
  expect(reserved(2 ** 60, 64)).toEqual([true, 64]);
  expect(reserved(63)).toEqual([false, 64]);
  expect(reserved()).toEqual([false, 64]);
});

test('throws a RangeError when the platform is out of memory', () => {
  const memory = filled(new GrowableWords(16, [], 2 ** 53));
  expect(() => memory.grow(2 ** 50)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/remove entries or use several stores/),
      cause: expect.any(RangeError),
    }),
  );
  expectFilled(memory, 16);
});

test('addresses stay below 2^30', () => {
  expect(() => new GrowableWords(16).grow(WORDS_MAX + 1)).toThrow(RangeError);
  expect(WORDS_MAX).toBeLessThan(2 ** 30);
});
