import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { guardedHandler } from '../../src/base/guarded-handler.ts';

const warnings: unknown[][] = [];

beforeEach(() => {
  warnings.length = 0;
  vi.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => {
    warnings.push(args);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test('passes each event on to the handler', () => {
  const received: number[] = [];
  guardedHandler('onEvent', (argument: number) => received.push(argument))(7);
  expect(received).toEqual([7]);
});

test('does nothing without a handler', () => {
  expect(() => guardedHandler<number>('onEvent', undefined)(7)).not.toThrow();
});

test('reports the first error of the handler as a process warning, and keeps calling it', () => {
  let calls = 0;
  const handler = guardedHandler('onReport', () => {
    calls += 1;
    throw new Error('a mistake of the handler');
  });
  handler(undefined);
  handler(undefined);
  expect(calls).toBe(2);
  expect(warnings).toEqual([
    [
      expect.stringMatching(/^onReport threw an error/),
      { type: 'ProjectionCacheWarning', detail: expect.stringMatching(/^Error: a mistake of the handler\n/) },
    ],
  ]);
});

test('reports a rejection of an asynchronous handler in the same way', async () => {
  guardedHandler('onReport', () => Promise.reject(new Error('later')))(undefined);
  await Promise.resolve();
  expect(warnings).toHaveLength(1);
});

test('reports anything but an error by its kind', () => {
  guardedHandler('onEvent', () => {
    throw Object.create(null);
  })(undefined);
  expect(warnings[0]?.[1]).toMatchObject({ detail: 'object' });
});

test('reports an error event where there is no process', () => {
  const reported: unknown[] = [];
  vi.stubGlobal('process', undefined);
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error));
  const mistake = new Error('a mistake of the handler');
  guardedHandler('onEvent', () => {
    throw mistake;
  })(undefined);
  vi.unstubAllGlobals();
  expect(reported).toEqual([expect.objectContaining({ cause: mistake })]);
});
