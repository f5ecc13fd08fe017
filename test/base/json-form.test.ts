import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { withJsonForm } from '../../src/base/json-form.ts';
import { StoreError } from '../../src/base/store-error.ts';

/** What a reader of the JSON text gets. */
function readBack(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

test('bytes are hexadecimal digits, also in nested fields and in arrays', () => {
  const value = { generation: 7, key: Uint8Array.of(0, 255), nested: { keys: [Uint8Array.of(16)] } };
  expect(readBack(withJsonForm(value))).toEqual({ generation: 7, key: '00ff', nested: { keys: ['10'] } });
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
  expect(Object.keys(withJsonForm({ head: 1 }))).toEqual(['head']);
});
