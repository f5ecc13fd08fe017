import { describe, expect, test } from 'vitest';
import { errnoOf, StoreError } from '../../src/base/store-error.ts';

describe('StoreError', () => {
  test('is an Error with a code, a message and a name', () => {
    const error = new StoreError('LOCKED', 'held by process 7');
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toBe('LOCKED');
    expect(String(error)).toBe('StoreError: held by process 7');
    expect(error.stack).toContain('store-error.test.ts');
  });

  test('keeps its cause; without one it has no property cause', () => {
    const cause = new Error('EIO: i/o error, write');
    expect(new StoreError('IO', 'the log was not written', { cause }).cause).toBe(cause);
    expect('cause' in new StoreError('IO', 'the log was not written')).toBe(false);
  });
});

describe('errnoOf', () => {
  test('is the code of an error of the platform', () => {
    expect(errnoOf(Object.assign(new Error('disk full'), { code: 'ENOSPC' }))).toBe('ENOSPC');
  });

  test.each([
    undefined,
    null,
    'ENOSPC',
    { code: 'ENOSPC' },
    new Error('ENOSPC'),
    Object.assign(new Error('disk full'), { code: 28 }),
  ])('is undefined for a value without an errno: %s', (error) => {
    expect(errnoOf(error)).toBeUndefined();
  });
});
