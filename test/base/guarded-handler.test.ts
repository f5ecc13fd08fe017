import { afterEach, expect, test, vi } from 'vitest';
import { guardedHandler } from '../../src/base/guarded-handler.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('passes each event on to the handler', () => {
  const received: number[] = [];
  guardedHandler((argument: number) => received.push(argument))(7);
  expect(received).toEqual([7]);
});

test('does nothing without a handler', () => {
  expect(() => guardedHandler<number>(undefined)(7)).not.toThrow();
});

test('rethrows an error of the handler outside of the engine', () => {
  const tasks: (() => void)[] = [];
  vi.stubGlobal('queueMicrotask', (task: () => void) => tasks.push(task));
  const handler = guardedHandler(() => {
    throw new Error('a mistake of the handler');
  });
  expect(() => handler(undefined)).not.toThrow();
  expect(tasks).toHaveLength(1);
  expect(() => tasks[0]?.()).toThrow('a mistake of the handler');
});
