import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/key-index/arena.ts';
import { GrowableWords } from '../../src/key-index/growable-words.ts';
import { StateReader, StateWriter } from '../../src/key-index/index-image-sections.ts';

const START = 20;

describe('Arena', () => {
  test('allocates blocks one after another', () => {
    const arena = new Arena(START);
    expect(arena.allocate(5)).toBe(20);
    expect(arena.allocate(7)).toBe(25);
    expect(arena.end).toBe(32);
  });

  test.each([5, 63, 64, 5000])('reuses freed blocks of exactly %i words, the last freed first', (wordCount) => {
    const arena = new Arena(START);
    const first = arena.allocate(wordCount);
    const second = arena.allocate(wordCount);
    arena.free(first, wordCount);
    arena.free(second, wordCount);
    const other = arena.allocate(wordCount - 1);
    expect(other).toBe(START + 2 * wordCount);
    expect(arena.allocate(wordCount)).toBe(second);
    expect(arena.allocate(wordCount)).toBe(first);
    expect(arena.allocate(wordCount)).toBe(other + wordCount - 1);
  });

  test('keeps contents when it grows, in place or by copying', () => {
    for (const memory of [new GrowableWords(64), new GrowableWords(64, [])]) {
      const arena = new Arena(START, memory);
      arena.words[0] = 3;
      const blocks = Array.from({ length: 2000 }, (_, i) => {
        const block = arena.allocate(50);
        arena.words.fill(i, block, block + 50);
        return block;
      });
      for (const [i, block] of blocks.entries()) expect(arena.words[block + 49]).toBe(i);
      expect(arena.words[0]).toBe(3);
    }
  });

  test('starts over after a reset, small or large', () => {
    for (const wordCount of [100, 1_000_000]) {
      const arena = new Arena(START);
      arena.free(arena.allocate(wordCount), wordCount);
      arena.free(arena.allocate(8), 8);
      arena.reset();
      expect(arena.end).toBe(START);
      expect(arena.allocate(8)).toBe(START);
      expect(arena.allocate(wordCount)).toBe(START + 8);
    }
  });

  test('keeps a small memory after a reset, and releases a large one', () => {
    for (const reservations of [undefined, []]) {
      for (const [wordCount, kept] of [
        [4096, 4096],
        [2 ** 16, 2 ** 16],
        [2 ** 16 + 1, 4096],
      ] as const) {
        const memory = new GrowableWords(wordCount, reservations);
        const arena = new Arena(START, memory);
        arena.reset();
        expect(arena.words).toBe(memory.words);
        expect(arena.words.length).toBe(kept);
        arena.allocate(kept);
        expect(arena.words.length).toBeGreaterThanOrEqual(START + kept);
      }
    }
  });

  test('changes nothing when memory is exhausted', () => {
    const arena = new Arena(START, new GrowableWords(64, [], 64));
    arena.reserve(44);
    expect(() => arena.reserve(45)).toThrow(RangeError);
    expect(() => arena.allocate(45)).toThrow(RangeError);
    expect(arena.allocate(44)).toBe(START);
    expect(() => arena.allocate(1)).toThrow(RangeError);
    arena.free(START, 44);
    expect(arena.allocate(44)).toBe(START);
  });

  test('saves the blocks that are free, and none that were once', () => {
    const stateOf = (arena: Arena): Int32Array => {
      const writer = new StateWriter();
      arena.save(writer);
      return writer.finish();
    };
    const arena = new Arena(START);
    arena.allocate(100);
    const before = stateOf(arena);
    arena.free(START, 100);
    expect(stateOf(arena)).not.toEqual(before);
    arena.allocate(100);
    expect(stateOf(arena)).toEqual(before);
  });

  test('is restored from its state with its free blocks', () => {
    const arena = new Arena(START);
    const sizes = [6, 6, 100, 6, 100];
    const blocks = sizes.map((wordCount) => arena.allocate(wordCount));
    for (const [i, block] of blocks.entries()) arena.free(block, sizes[i] as number);
    const writer = new StateWriter();
    arena.save(writer);
    const restored = new Arena(START);
    const words = arena.words.fill(7, START + 1, START + 6).slice(0, arena.end);
    restored.restore(new StateReader(writer.finish()), words.length);
    restored.adopt(words);
    expect(restored.words.slice(0, arena.end)).toEqual(words);
    const again = new StateWriter();
    restored.save(again);
    expect(again.finish()).toEqual(writer.finish());
    for (const wordCount of [...sizes, 6, 100]) expect(restored.allocate(wordCount)).toBe(arena.allocate(wordCount));
  });
});
