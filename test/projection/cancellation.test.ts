import { describe, expect, test, vi } from 'vitest';
import { Interruption, unlessAborted } from '../../src/projection/cancellation.ts';

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

// Node warns of a leak when a signal has more than ten listeners.
test('a signal has one listener while calls wait for it, and then none', async () => {
  const { signal } = new AbortController();
  const add = vi.spyOn(signal, 'addEventListener');
  const remove = vi.spyOn(signal, 'removeEventListener');
  for (let round = 1; round <= 2; round += 1) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => unlessAborted(Promise.resolve(i), signal)));
    await Promise.resolve();
    expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([round, round]);
  }
  expect(remove.mock.calls).toEqual(add.mock.calls);
});

describe('an interruption', () => {
  const never = new Promise(() => {});

  test('ends the wait that is under way, and each later one at once', async () => {
    const controller = new AbortController();
    const interruption = new Interruption(controller.signal);
    expect(await interruption.wait(Promise.resolve(1))).toBe(1);
    await expect(interruption.wait(Promise.reject(reason))).rejects.toBe(reason);
    const waiting = interruption.wait(never);
    controller.abort(reason);
    expect(await waiting).toBeUndefined();
    expect(await interruption.wait(never)).toBeUndefined();
  });

  test('by a signal that is aborted before anything waits ends the first wait', async () => {
    const controller = new AbortController();
    const interruptions = [new Interruption(AbortSignal.abort(reason)), new Interruption(controller.signal)];
    controller.abort(reason);
    for (const interruption of interruptions) expect(await interruption.wait(never)).toBeUndefined();
  });

  test('that has ended lets waits continue', async () => {
    const controller = new AbortController();
    const interruption = new Interruption(controller.signal);
    interruption.end();
    const waiting = interruption.wait(new Promise((resolve) => setImmediate(resolve, 'settled')));
    controller.abort(reason);
    expect(await waiting).toBe('settled');
  });
});
