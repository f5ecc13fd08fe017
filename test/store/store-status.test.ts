/*
 * Whether a store is open and writes. What must not happen: a failure that no caller ever sees, or one that is thrown
 * twice; a store that writes again after it was poisoned.
 */
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { StoreStatus } from '../../src/store/store-status.ts';

function statusOf(readOnly = false): { readonly status: StoreStatus; readonly events: StoreEvent[] } {
  const events: StoreEvent[] = [];
  return { events, status: new StoreStatus(readOnly, (event) => events.push(event)) };
}

const failed = (message: string): StoreError => new StoreError('IO', message);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** What a check throws, `undefined` if it passes. */
function thrownBy(check: () => void): unknown {
  try {
    check();
    return undefined;
  } catch (error) {
    return error;
  }
}

test('a store that was opened reads and writes', () => {
  const { status, events } = statusOf();
  expect([status.isClosed, status.isWritable]).toEqual([false, true]);
  for (const check of [
    () => status.assertOpen(),
    () => status.assertWritable(),
    () => status.assertNotPoisoned(),
    () => status.throwBackgroundFailure(),
  ])
    expect(thrownBy(check)).toBeUndefined();
  expect(events).toEqual([]);
});

test('a closed store does neither', () => {
  const { status } = statusOf();
  status.close();
  expect([status.isClosed, status.isWritable]).toEqual([true, false]);
  expect(() => status.assertOpen()).toThrow(/the store is closed: open it again/);
  expect(thrownBy(() => status.assertOpen())).toEqual(code('CLOSED'));
  expect(thrownBy(() => status.assertWritable())).toEqual(code('CLOSED'));
});

test('a read-only store reads', () => {
  const { status } = statusOf(true);
  expect([status.isClosed, status.isWritable]).toEqual([false, false]);
  expect(thrownBy(() => status.assertOpen())).toBeUndefined();
  expect(thrownBy(() => status.assertWritable())).toEqual(code('READ_ONLY'));
  expect(() => status.assertWritable()).toThrow(/`readOnly: true`.*to write/);
  status.close();
  expect(thrownBy(() => status.assertWritable())).toEqual(code('CLOSED'));
});

describe('a poisoned store', () => {
  test('reads, and throws the same error at each attempt to write', () => {
    const { status, events } = statusOf();
    const cause = failed('could not sync');
    const error = status.poison(cause);
    expect(error).toMatchObject({ code: 'POISONED', cause });
    expect(error.message).toMatch(/^writing is over for this instance \(could not sync.*\); reads still work/);
    expect([status.isClosed, status.isWritable]).toEqual([false, false]);
    expect(thrownBy(() => status.assertOpen())).toBeUndefined();
    for (let i = 0; i < 2; i += 1) {
      expect(thrownBy(() => status.assertWritable())).toBe(error);
      expect(thrownBy(() => status.assertNotPoisoned())).toBe(error);
    }
    expect(events).toEqual([{ type: 'poisoned', error }]);
  });

  test('is poisoned once: the first cause counts', () => {
    const { status, events } = statusOf();
    const error = status.poison('a cause that is no error');
    expect(error.message).toContain('(a cause that is no error)');
    expect(status.poison(failed('later'))).toBe(error);
    status.poisonInBackground(failed('later still'));
    expect(events).toHaveLength(1);
    expect(thrownBy(() => status.throwBackgroundFailure())).toBe(error);
  });

  test('in the background has a failure that no caller has seen', () => {
    const { status } = statusOf();
    status.poison(failed('seen'));
    expect(thrownBy(() => status.throwBackgroundFailure())).toBeUndefined();
    const other = statusOf().status;
    other.poisonInBackground(failed('not seen'));
    expect(thrownBy(() => other.throwBackgroundFailure())).toEqual(code('POISONED'));
    expect(thrownBy(() => other.assertWritable())).toEqual(code('POISONED'));
    expect(thrownBy(() => other.throwBackgroundFailure())).toBeUndefined();
    expect(thrownBy(() => other.assertWritable())).toEqual(code('POISONED'));
  });
});

describe('a failure in the background', () => {
  test('is reported, and thrown once by the next write', () => {
    const { status, events } = statusOf();
    const error = failed('no space');
    status.failInBackground(error);
    expect(events).toEqual([{ type: 'background-write-failed', error }]);
    expect(status.isWritable).toBe(true);
    expect(thrownBy(() => status.assertNotPoisoned())).toBeUndefined();
    expect(thrownBy(() => status.throwBackgroundFailure())).toBe(error);
    expect(thrownBy(() => status.assertWritable())).toBe(error);
    expect(thrownBy(() => status.assertWritable())).toBeUndefined();
    expect(thrownBy(() => status.throwBackgroundFailure())).toBeUndefined();
  });

  test('is replaced by poison, which is thrown instead', () => {
    const { status } = statusOf();
    status.failInBackground(failed('no space'));
    const error = status.poison(failed('could not sync'));
    expect(thrownBy(() => status.assertWritable())).toBe(error);
    expect(thrownBy(() => status.throwBackgroundFailure())).toBeUndefined();
  });
});
