import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { withJsonForm } from '../../src/base/json-form.ts';
import { StoreError } from '../../src/base/store-error.ts';

/** What a reader of the JSON text gets. */
function readBack(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

test('sequences are text, microseconds numbers, bytes hexadecimal digits', () => {
  const value = {
    watermark: 2n ** 64n - 1n,
    ageUs: 1_700_000_000_000_000n,
    key: Uint8Array.of(0, 255),
    nested: { head: 3n },
  };
  expect(readBack(withJsonForm(value))).toEqual({
    watermark: '18446744073709551615',
    ageUs: 1_700_000_000_000_000,
    key: '00ff',
    nested: { head: '3' },
  });
});

test('microseconds that a number does not hold exactly are text', () => {
  expect(readBack(withJsonForm({ ageUs: -(2n ** 60n) }))).toEqual({ ageUs: String(-(2n ** 60n)) });
});

test('a StoreError has its name, message, code and cause', () => {
  const cause = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  expect(readBack(new StoreError('IO', 'write failed', { cause }))).toEqual({
    name: 'StoreError',
    message: 'write failed',
    code: 'IO',
    cause: { name: 'Error', message: 'no space', code: 'ENOSPC' },
  });
});

test('a chain of causes that leads back to itself ends', () => {
  const first = new Error('first');
  first.cause = new Error('second', { cause: first });
  expect(JSON.stringify(new StoreError('IO', 'failed', { cause: first }))).toMatch(/first.*second.*first/);
});

test.each([
  ['an error of another realm', runInNewContext('new TypeError("there")'), { name: 'TypeError', message: 'there' }],
  ['a text', 'no error', 'no error'],
  ['a bigint', 7n, '7'],
  ['nothing', null, null],
  ['an object that refers to itself', Object.assign(new Map(), { self: globalThis }), '(Map)'],
])('a failure may be %s', (_name, error, form) => {
  expect(readBack(withJsonForm({ failures: [{ error }] }))).toEqual({ failures: [{ error: form }] });
});

test('the object looks as before', () => {
  expect(Object.keys(withJsonForm({ head: 1n }))).toEqual(['head']);
});

test('a state keeps what JSON writes, and its bigints are text whatever the names of its fields', () => {
  const at = new Date(0);
  const state = { error: { code: 'paid' }, ageUs: 5n, at, lines: [{ wei: 10n ** 30n }], none: null };
  expect(readBack(withJsonForm({ state }))).toEqual({
    state: { error: { code: 'paid' }, ageUs: '5', at: at.toJSON(), lines: [{ wei: String(10n ** 30n) }], none: null },
  });
  expect(readBack(withJsonForm({ state: 7n }))).toEqual({ state: '7' });
  expect(readBack(withJsonForm({ state: { toJSON: () => 'its own' } }))).toEqual({ state: 'its own' });
});
