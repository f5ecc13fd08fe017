// Why these tests: what a caller received must never change, although records are read into the same memory as results, and
// results share it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyForCaller, freeMemory, recordMemory } from '../../src/log/record-memory.ts';

/** Fills `size` bytes of free memory, as a read does, and returns where. */
function read(size: number, byte: number): { memory: ReturnType<typeof freeMemory>; at: number } {
  const memory = freeMemory(size);
  const at = memory.free;
  memory.bytes.fill(byte, at, at + size);
  return { memory, at };
}

describe('free memory', () => {
  test('is not copied, and belongs to the result afterwards', () => {
    const { memory, at } = read(320, 1);
    const value = copyForCaller(memory, at + 48, 255);
    expect([value.buffer, value.byteOffset, value.length]).toEqual([memory.bytes.buffer, at + 48, 255]);
    const next = read(320, 2);
    expect(next.at).toBeGreaterThanOrEqual(at + 48 + 255);
    expect(next.at % 8).toBe(0);
    expect([...value]).toEqual(Array.from({ length: 255 }, () => 1));
  });

  test('is used again if no caller has received it', () => {
    const { memory, at } = read(320, 1);
    const again = freeMemory(320);
    expect([again.bytes, again.free]).toEqual([memory.bytes, at]);
  });

  test('may become several results, such as key and value, in this order or the other', () => {
    for (const isKeyFirst of [true, false]) {
      const { memory, at } = read(320, 1);
      memory.bytes.fill(2, at + 16, at + 48);
      const parts = [() => copyForCaller(memory, at + 16, 29), () => copyForCaller(memory, at + 48, 200)];
      const results = (isKeyFirst ? parts : parts.toReversed()).map((copy) => copy());
      const [key, value] = isKeyFirst ? results : results.toReversed();
      expect([...(key ?? [])]).toEqual(Array.from({ length: 29 }, () => 2));
      expect([...(value ?? [])]).toEqual(Array.from({ length: 200 }, () => 1));
    }
  });

  test('of a large record is its own', () => {
    const { memory, at } = read(100_000, 1);
    const value = copyForCaller(memory, at + 16, 99_000);
    expect([value.buffer, value.byteOffset]).toEqual([memory.bytes.buffer, 16]);
    expect(freeMemory(100_000).bytes.buffer).not.toBe(memory.bytes.buffer);
  });
});

test('results of any sizes, copied or read, keep their bytes', () => {
  const sizes = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 12_000 }), fc.boolean(), fc.integer({ min: 0, max: 300 })),
    {
      minLength: 1,
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(sizes, (steps) => {
      const results = steps.map(([length, isRead, before], step) => {
        const start = before & ~3;
        const byte = step % 251;
        if (isRead) {
          const { memory, at } = read(start + length, byte);
          return copyForCaller(memory, at + start, length);
        }
        const source = recordMemory(start + length);
        source.bytes.fill(byte);
        return copyForCaller(source, start, length);
      });
      for (const [step, [length]] of steps.entries()) {
        const result = results[step] as Uint8Array;
        expect(result.length).toBe(length);
        expect(result.every((byte) => byte === step % 251)).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});
