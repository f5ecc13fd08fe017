import { expect, test } from 'vitest';

test('equal bytes are equal, also within lists', () => {
  expect([Uint8Array.of(1, 2)]).toEqual([Uint8Array.of(1, 2)]);
  expect([Buffer.of(1, 2)]).toStrictEqual([Buffer.of(1, 2)]);
});

test.each([
  ['other bytes', Uint8Array.of(1, 3)],
  ['fewer bytes', Uint8Array.of(1)],
  ['a list of the same numbers', [1, 2]],
  ['bytes of another kind', Uint8ClampedArray.of(1, 2)],
])('%s differ', (_what, other) => {
  expect([Uint8Array.of(1, 2)]).not.toEqual([other]);
  expect(() => expect([Uint8Array.of(1, 2)]).toEqual([other])).toThrow(/to deeply equal/);
});

test('a Buffer is not strictly equal to a Uint8Array of the same bytes', () => {
  expect(Buffer.of(1, 2)).not.toStrictEqual(Uint8Array.of(1, 2));
});
