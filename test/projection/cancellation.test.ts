import { expect, test } from 'vitest';
import { assertSignal, unlessAborted } from '../../src/projection/cancellation.ts';

const reason = new Error('client gone');

test('without a signal it returns the promise', () => {
  const promise = Promise.resolve(1);
  expect(unlessAborted(promise, undefined)).toBe(promise);
});

test('settles as the promise does while nothing is aborted', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(unlessAborted(Promise.reject(reason), signal)).rejects.toBe(reason);
});

test('is rejected with the reason at once, even if the promise never settles', async () => {
  const never = new Promise(() => {});
  await expect(unlessAborted(never, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const waiting = unlessAborted(never, controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test('handles the rejection of a promise that is no longer awaited', async () => {
  const late = Promise.reject(new Error('connection lost'));
  await expect(unlessAborted(late, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('a signal needs a boolean `aborted` and all methods, whatever its class', () => {
  const act = (): void => {};
  const signal = { aborted: false, throwIfAborted: act, addEventListener: act, removeEventListener: act };
  expect(() => assertSignal(signal as unknown as AbortSignal)).not.toThrow();
  for (const key of Object.keys(signal)) {
    const without = { ...signal, [key]: undefined } as unknown as AbortSignal;
    expect(() => assertSignal(without)).toThrow(new TypeError('signal must be an AbortSignal; got Object'));
  }
});
