import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { assertBytes, kindOf } from '../../src/base/argument.ts';

describe('assertBytes', () => {
  test.each([
    ['Uint8Array', new Uint8Array(1)],
    ['Buffer', Buffer.alloc(1)],
  ])('accepts a %s', (_name, value) => {
    expect(() => assertBytes(value, 'key')).not.toThrow();
  });

  // Test runners and plug-in hosts give code its own globals: bytes made there are accepted as well.
  test('accepts a Uint8Array of another realm, but no other array of it', () => {
    const bytes: unknown = runInNewContext('new Uint8Array(1)');
    expect(bytes instanceof Uint8Array).toBe(false);
    expect(() => assertBytes(bytes, 'key')).not.toThrow();
    expect(() => assertBytes(runInNewContext('new Uint16Array(1)'), 'key')).toThrow(TypeError);
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['order:507', 'string'],
    [new Uint8ClampedArray(1), 'Uint8ClampedArray'],
    [new ArrayBuffer(1), 'ArrayBuffer'],
    [{ length: 1 }, 'Object'],
  ])('names the argument and the actual type: %s', (value, kind) => {
    expect(() => assertBytes(value, 'key')).toThrow(new TypeError(`key must be a Uint8Array; got ${kind}`));
  });
});

describe('kindOf', () => {
  test.each([
    [7, 'number'],
    [7n, 'bigint'],
    [Symbol.iterator, 'symbol'],
    [() => 7, 'function'],
    [new Map(), 'Map'],
    [Object.create(null), 'object'],
    [{ constructor: 7 }, 'object'],
    [new (class {})(), 'object'],
  ])('%s', (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });
});
