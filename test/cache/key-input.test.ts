import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { bytesArgument } from '../../src/base/argument.ts';
import { openInMemory, someMeta, utf8, valueText } from './cache-fixtures.ts';

const loneSurrogates = ['\ud800', 'order:\udc00', '\udc00\ud800', 'a\ud83db'];

describe('bytesArgument', () => {
  test.each(['', 'order:507', 'müller', '注文', '😀', '\0', '\ufffd'])('encodes %j as UTF-8', (text) => {
    expect(bytesArgument(text, 'key')).toEqual(new Uint8Array(Buffer.from(text, 'utf8')));
  });

  test('returns bytes unchanged', () => {
    const bytes = Uint8Array.of(0, 0xff, 0xc3);
    expect(bytesArgument(bytes, 'key')).toBe(bytes);
    expect(bytesArgument(Buffer.from('order'), 'key')).toEqual(Buffer.from('order'));
  });

  test('accepts bytes of another realm', () => {
    const foreign = runInNewContext('Uint8Array.of(1, 2, 3)') as Uint8Array;
    expect(bytesArgument(foreign, 'key')).toBe(foreign);
  });

  // Each of them encodes to the replacement character: two different strings would become one key.
  test.each(loneSurrogates)('refuses the lone surrogate in %j, and names the argument', (text) => {
    expect(() => bytesArgument(text, 'prefix')).toThrow(
      new TypeError('prefix must be well-formed Unicode; it has a lone surrogate'),
    );
  });

  test.each([
    undefined,
    null,
    7,
    7n,
    true,
    {},
    [1, 2],
    new ArrayBuffer(2),
    new Uint16Array(2),
    new DataView(new ArrayBuffer(2)),
  ])('refuses %s', (wrong) => {
    expect(() => bytesArgument(wrong as unknown as Uint8Array, 'key')).toThrow(TypeError);
    expect(() => bytesArgument(wrong as unknown as Uint8Array, 'key')).toThrow(/^key must be a string or a Uint8Array/);
  });
});

describe('a key given as a string', () => {
  test('means the key of its UTF-8 bytes, in every method', () => {
    const cache = openInMemory();
    cache.put('bestellung:müller:😀', utf8('one'), someMeta);
    const bytes = utf8('bestellung:müller:😀');
    expect(cache.has(bytes)).toBe(true);
    expect(cache.get(bytes)).toEqual({ value: utf8('one'), meta: someMeta });
    cache.put(bytes, utf8('two'), someMeta);
    expect(cache.size).toBe(1);
    expect(valueText(cache, 'bestellung:müller:😀')).toBe('two');
    expect([...cache.keys({ prefix: 'bestellung:mü' })]).toEqual([bytes]);
    expect([...cache.keys({ prefix: utf8('bestellung:m').subarray(0, 11) })]).toEqual([bytes]);
    expect(cache.delete('bestellung:müller:😀')).toBe(true);
    cache.putMany([[bytes, utf8('three'), someMeta]]);
    expect(cache.deletePrefix('bestellung:m')).toBe(1);
    expect(cache.get(bytes)).toBeUndefined();
  });

  test('that differs only in its Unicode normal form is another key', () => {
    const cache = openInMemory();
    cache.put('\u00fc', utf8('composed'), someMeta);
    cache.put('u\u0308', utf8('combined'), someMeta);
    expect(cache.size).toBe(2);
    expect(valueText(cache, '\u00fc')).toBe('composed');
  });

  test.each(loneSurrogates)('is refused by every method if it is %j, and nothing changes', (text) => {
    const cache = openInMemory();
    cache.put('\ufffd', utf8('one'), someMeta);
    for (const call of [
      () => cache.get(text),
      () => cache.has(text),
      () => cache.put(text, utf8('two'), someMeta),
      () => cache.putMany([[text, utf8('two'), someMeta]]),
      () => cache.delete(text),
      () => cache.deletePrefix(text),
      () => cache.keys({ prefix: text }),
      () => cache.entries({ lt: text }),
      () => cache.prefetch(text, someMeta),
    ]) {
      expect(call).toThrow(/must be well-formed Unicode/);
    }
    expect(valueText(cache, '\ufffd')).toBe('one');
    expect(cache.size).toBe(1);
  });
});
