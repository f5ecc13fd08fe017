// Why these tests: while an index is loaded, up to a million nodes wait unlinked. Every other operation must see them
// or link them first, and a load must leave the same index as single puts.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { prefixSuccessor } from '../../src/base/prefix-successor.ts';
import { ALL_KEYS } from '../../src/key-index/index-cursor.ts';
import { InsertBuffer } from '../../src/key-index/insert-buffer.ts';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import { keysOf, randomKeys, seededIndex, sortedKeys, utf8 } from './index-fixtures.ts';
import { indexFaults } from './index-invariants.ts';

/** Far more than wait together without a load. */
const KEYS = 10_000;

function putAll(index: KeyIndex, keys: readonly Uint8Array[]): void {
  for (const [i, key] of keys.entries()) index.put(key, i, 1);
}

/** The 32-byte keys whose first byte after the twelve shared ones is `byte`. */
function startsWith(byte: number): (key: Uint8Array) => boolean {
  return (key) => key[12] === byte;
}

function removePrefix(index: KeyIndex, byte: number): number {
  const prefix = Uint8Array.of(...new Uint8Array(12).fill(0x61), byte);
  return index.removeInterval({ lower: prefix, upper: prefixSuccessor(prefix) });
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Compares in one piece, which takes a hundredth of the time. */
function expectKeys(actual: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  expect(actual.length).toBe(expected.length);
  expect(Buffer.concat(actual).equals(Buffer.concat(expected))).toBe(true);
}

describe('KeyIndex.load', () => {
  afterEach(() => vi.restoreAllMocks());

  test('leaves the same order as single puts', () => {
    const keys = randomKeys(KEYS);
    const index = seededIndex();
    index.load(() => putAll(index, keys));
    expectKeys(keysOf(index), sortedKeys(keys));
    expectKeys(keysOf(index, ALL_KEYS, true), sortedKeys(keys).reverse());
    expect(indexFaults(index)).toEqual([]);
    const oneByOne = seededIndex();
    putAll(oneByOne, keys);
    for (const part of ['state', 'arena', 'directory'] as const) {
      expect(Buffer.compare(bytesOf(index.sections()[part]), bytesOf(oneByOne.sections()[part]))).toBe(0);
    }
  });

  test('links more than 2^17 keys at once, and at most a group that its memory can sort', () => {
    const keys = randomKeys(140_000);
    const index = seededIndex();
    const sorts = vi.spyOn(InsertBuffer.prototype, 'beginGroup');
    index.load(() => putAll(index, keys));
    expect(sorts).toHaveBeenCalledTimes(1);
    expectKeys(keysOf(index), sortedKeys(keys));
    expect(index.size).toBe(keys.length);
  });

  test('links between existing nodes, and in groups of the ordinary size afterwards', () => {
    const keys = randomKeys(2 * KEYS);
    const index = seededIndex(1, { groupNodesMax: 1024 });
    putAll(index, keys.slice(0, KEYS / 2));
    index.load(() => putAll(index, keys.slice(KEYS / 2, KEYS)));
    const sorts = vi.spyOn(InsertBuffer.prototype, 'beginGroup');
    putAll(index, keys.slice(KEYS));
    expect(sorts.mock.calls.length).toBeGreaterThanOrEqual(4);
    expect(sorts.mock.calls.length).toBeLessThan(20);
    expectKeys(keysOf(index), sortedKeys(keys));
    expect(indexFaults(index)).toEqual([]);
  });

  test('has linked its keys, once, when it ends', () => {
    const sorts = vi.spyOn(InsertBuffer.prototype, 'beginGroup');
    const index = seededIndex();
    index.load(() => putAll(index, randomKeys(3000)));
    expect(sorts).toHaveBeenCalledTimes(1);
    expect(index.size).toBe(3000);
  });

  test('allows removals midway: of waiting keys, of prefixes, of everything', () => {
    const keys = randomKeys(KEYS);
    const [before, after] = [keys.slice(0, KEYS / 2), keys.slice(KEYS / 2)];
    const index = seededIndex();
    index.load(() => {
      putAll(index, keys);
      index.removeInterval(ALL_KEYS);
      putAll(index, before);
      for (const key of before.slice(0, 1000)) index.remove(key);
      expect(index.size).toBe(before.length - 1000);
      expect(removePrefix(index, 7)).toBe(before.slice(1000).filter(startsWith(7)).length);
      putAll(index, after);
      index.put(utf8('last'), 1, 1);
      for (const key of after.slice(0, 1000)) index.remove(key);
      expect(removePrefix(index, 9)).toBe([...before.slice(1000), ...after.slice(1000)].filter(startsWith(9)).length);
    });
    const left = [...before.slice(1000).filter((key) => !startsWith(7)(key)), ...after.slice(1000)];
    expectKeys(keysOf(index), sortedKeys([...left.filter((key) => !startsWith(9)(key)), utf8('last')]));
    expect(indexFaults(index)).toEqual([]);
  });

  test('shows cursors the keys loaded so far', () => {
    const keys = randomKeys(KEYS);
    const index = seededIndex();
    index.load(() => {
      putAll(index, keys.slice(0, 5000));
      expectKeys(keysOf(index), sortedKeys(keys.slice(0, 5000)));
      putAll(index, keys.slice(5000));
    });
    expectKeys(keysOf(index), sortedKeys(keys));
  });

  test('leaves a correct index if the work fails', () => {
    const keys = randomKeys(KEYS);
    const index = seededIndex();
    const failing = (): void => {
      putAll(index, keys);
      throw new Error('the log cannot be read');
    };
    expect(() => index.load(failing)).toThrow('the log cannot be read');
    expectKeys(keysOf(index), sortedKeys(keys));
    expect(indexFaults(index)).toEqual([]);
  });

  test('links smaller groups if there is no memory for larger ones', () => {
    const keys = randomKeys(KEYS);
    const index = seededIndex();
    const limited = new Proxy(Int32Array, {
      construct(type, args) {
        if (args[0] > 1024) throw new RangeError('Array buffer allocation failed');
        return Reflect.construct(type, args);
      },
    });
    const sorts = vi.spyOn(InsertBuffer.prototype, 'beginGroup');
    const makeRoom = InsertBuffer.prototype.makeRoom;
    vi.spyOn(InsertBuffer.prototype, 'makeRoom').mockImplementation(function (this: InsertBuffer) {
      vi.stubGlobal('Int32Array', limited);
      const hasRoom = makeRoom.call(this);
      vi.unstubAllGlobals();
      return hasRoom;
    });
    index.load(() => putAll(index, keys));
    expect(sorts.mock.calls.length).toBeGreaterThanOrEqual(9);
    expectKeys(keysOf(index), sortedKeys(keys));
    expect(indexFaults(index)).toEqual([]);
  });
});

test('ascending keys do not wait: they are linked at once', () => {
  const sorts = vi.spyOn(InsertBuffer.prototype, 'beginGroup');
  const index = seededIndex();
  const keys = sortedKeys(randomKeys(3000));
  putAll(index, keys);
  expect(sorts).not.toHaveBeenCalled();
  sorts.mockRestore();
  expectKeys(keysOf(index), keys);
});
