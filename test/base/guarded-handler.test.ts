import { afterEach, expect, test, vi } from 'vitest';
import { guardedHandler } from '../../src/base/guarded-handler.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('passes on what a handler is told', () => {
  const told: number[] = [];
  guardedHandler((argument: number) => told.push(argument))(7);
  expect(told).toEqual([7]);
});

test('does nothing without a handler', () => {
  expect(() => guardedHandler<number>(undefined)(7)).not.toThrow();
});

test('lets what a handler throws surface outside of the engine', () => {
  const tasks: (() => void)[] = [];
  vi.stubGlobal('queueMicrotask', (task: () => void) => tasks.push(task));
  const handler = guardedHandler(() => {
    throw new Error('a mistake of the handler');
  });
  expect(() => handler(undefined)).not.toThrow();
  expect(tasks).toHaveLength(1);
  expect(() => tasks[0]?.()).toThrow('a mistake of the handler');
});
