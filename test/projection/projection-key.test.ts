import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  fingerprintOf,
  joinedKey,
  keyTail,
  parseProjectionKey,
  projectionKey,
  streamPrefix,
} from '../../src/projection/projection-key.ts';

const startsWith = (key: Uint8Array, prefix: Uint8Array): boolean => prefix.every((byte, at) => key[at] === byte);

describe('streamPrefix', () => {
  test('is the stream in UTF-8 and a NUL', () => {
    expect(streamPrefix('user:1')).toEqual(new TextEncoder().encode('user:1\0'));
    expect(streamPrefix('größe')).toEqual(new TextEncoder().encode('größe\0'));
    expect(streamPrefix('')).toEqual(Uint8Array.of(0));
  });

  test('is shared by the keys of its stream and by no other', () => {
    const streams = ['', 'user:1', 'user:10', 'user:1/x', 'user', 'ü'];
    for (const stream of streams) {
      const sharing = streams.filter((other) => startsWith(projectionKey(other, 'p'), streamPrefix(stream)));
      expect(sharing).toEqual([stream]);
    }
  });

  test.each([
    ['a NUL', 'a\0b', /NUL/],
    ['a lone surrogate', 'a\ud800', /well-formed Unicode/],
    ['no string', 5, /must be a string; got number/],
    ['nothing', undefined, /must be a string; got undefined/],
  ])('refuses %s', (_what, stream, message) => {
    expect(() => streamPrefix(stream as string)).toThrow(TypeError);
    expect(() => streamPrefix(stream as string)).toThrow(message);
    expect(() => projectionKey(stream as string, 'p')).toThrow(message);
    expect(() => projectionKey('a', stream as string)).toThrow(message);
  });
});

describe('projectionKey', () => {
  test('is the prefix, the name, a NUL and the version as u32, big-endian', () => {
    expect(projectionKey('a', 'totals', 0x01020304)).toEqual(
      Uint8Array.of(...new TextEncoder().encode('a\0totals\0'), 1, 2, 3, 4),
    );
    expect(projectionKey('a', 'totals')).toEqual(projectionKey('a', 'totals', 0));
  });

  test('distinguishes streams and names wherever one ends and the other starts', () => {
    const parts = [
      ['ab', 'c', 0],
      ['a', 'bc', 0],
      ['a', 'b', 1],
      ['a', 'b', 256],
      ['', 'b', 1],
    ] as const;
    expect(new Set(parts.map(([stream, name, version]) => projectionKey(stream, name, version).join())).size).toBe(
      parts.length,
    );
  });

  test('refuses an empty name and versions that are not u32', () => {
    expect(() => projectionKey('a', '')).toThrow(TypeError);
    for (const version of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => projectionKey('a', 'p', version)).toThrow(RangeError);
    }
    expect(() => projectionKey('a', 'p', '1' as unknown as number)).toThrow(TypeError);
    expect(projectionKey('a', 'p', 2 ** 32 - 1).slice(-4)).toEqual(Uint8Array.of(255, 255, 255, 255));
  });
});

describe('fingerprintOf', () => {
  test('differs if kinds, as a set, or the identity differ', () => {
    const different = [
      [[], undefined],
      [[], ''],
      [[], 'a'],
      [['a'], undefined],
      [['a'], 'a'],
      [['a', 'b'], undefined],
      [['a,b'], undefined],
      [['ab'], undefined],
      [['["a"]'], undefined],
      [['\ud800'], undefined],
      [['\ud801'], undefined],
      [['😀a'], undefined],
      [['😀b'], undefined],
      [['a', ''], undefined],
      [[''], undefined],
    ] as const;
    const texts = different.map(([kinds, identity]) => fingerprintOf(kinds, identity).join());
    expect(new Set(texts).size).toBe(different.length);
    expect(fingerprintOf(['b', 'a', 'b'], 'x')).toEqual(fingerprintOf(['a', 'b'], 'x'));
    expect(fingerprintOf([], 'x')).toHaveLength(24);
  });

  test('is the start of a SHA-256 over texts, each after its length', () => {
    const u32 = (value: number) => [0, 0, 0, value];
    const text = [...u32(1), ...u32(2), 0, 120, 0x20, 0xac, ...u32(2), ...u32(1), 0, 97, ...u32(1), 0, 98];
    const digest = createHash('sha256').update(Uint8Array.from(text)).digest();
    expect(fingerprintOf(['b', 'a'], 'x€')).toEqual(new Uint8Array(digest.subarray(0, 24)));
    const none = createHash('sha256')
      .update(Uint8Array.from([...u32(0), ...u32(0)]))
      .digest();
    expect(fingerprintOf([], undefined)).toEqual(new Uint8Array(none.subarray(0, 24)));
  });
});

describe('parseProjectionKey', () => {
  const fingerprint = fingerprintOf(['added'], 'log');
  const keyOf = (stream: string, name: string, version: number) =>
    joinedKey(stream, keyTail(name, version, fingerprint));

  test.each([
    ['user:1', 'totals', 7],
    ['', 'p', 0],
    ['größe', 'ü', 2 ** 32 - 1],
    ['\ufeffuser:1', '\ufefftotals', 0],
  ])('parses %s, %s, %s again', (stream, name, version) => {
    // Also from a view of a larger buffer.
    const key = keyOf(stream, name, version);
    const around = Uint8Array.of(9, ...key, 9);
    expect(parseProjectionKey(around.subarray(1, -1))).toEqual({ stream, name, version, fingerprint });
  });

  test.each([
    ['empty', new Uint8Array(0)],
    ['plain text', new TextEncoder().encode('order:507')],
    ['a stream without a name', Uint8Array.of(97, 0, 0, ...keyOf('', 'p', 1).subarray(3))],
    ['no mark and fingerprint', projectionKey('a', 'p', 1)],
    ['a byte more', Uint8Array.of(...keyOf('a', 'p', 1), 0)],
    ['a byte less', keyOf('a', 'p', 1).subarray(0, -1)],
    ['the shape of one without the mark', Uint8Array.of(...projectionKey('a', 'p', 1), ...new Uint8Array(28))],
    ['no UTF-8', Uint8Array.of(0xff, ...keyOf('', 'p', 1))],
  ])('does not parse %s as a projection key', (_what, key) => {
    expect(parseProjectionKey(key)).toBe(undefined);
  });
});
