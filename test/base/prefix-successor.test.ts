import { describe, expect, test } from 'vitest';
import { prefixSuccessor } from '../../src/base/prefix-successor.ts';

describe('prefixSuccessor', () => {
  test('increments the last byte', () => {
    expect(prefixSuccessor(Uint8Array.of(1, 2, 3))).toStrictEqual(Uint8Array.of(1, 2, 4));
    expect(prefixSuccessor(Uint8Array.of(0))).toStrictEqual(Uint8Array.of(1));
  });

  test('drops 0xFF bytes at the end first', () => {
    expect(prefixSuccessor(Uint8Array.of(1, 0xff, 0xff))).toStrictEqual(Uint8Array.of(2));
    expect(prefixSuccessor(Uint8Array.of(0xff, 0xfe))).toStrictEqual(Uint8Array.of(0xff, 0xff));
    expect(prefixSuccessor(Uint8Array.of(0xff, 0, 0xff))).toStrictEqual(Uint8Array.of(0xff, 1));
  });

  test('is undefined for the empty prefix and for 0xFF bytes only', () => {
    expect(prefixSuccessor(new Uint8Array(0))).toBeUndefined();
    expect(prefixSuccessor(Uint8Array.of(0xff))).toBeUndefined();
    expect(prefixSuccessor(new Uint8Array(300).fill(0xff))).toBeUndefined();
  });

  // A Buffer's `slice` is a view: an increment in it would change the caller's prefix.
  test.each([
    ['Uint8Array', Uint8Array.of(1, 2, 0xff)],
    ['Buffer', Buffer.of(1, 2, 0xff)],
    ['view', Uint8Array.of(9, 1, 2, 0xff, 9).subarray(1, 4)],
  ])('does not change a %s', (_name, prefix) => {
    expect(prefixSuccessor(prefix)).toStrictEqual(Uint8Array.of(1, 3));
    expect(Array.from(prefix)).toEqual([1, 2, 0xff]);
  });

  test.each([undefined, null, 'user:', [1, 2], new ArrayBuffer(2)])('refuses %s', (prefix) => {
    expect(() => prefixSuccessor(prefix as unknown as Uint8Array)).toThrow(/^prefix must be a Uint8Array; got /);
  });
});
