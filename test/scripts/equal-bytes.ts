/*
 * Vitest compares bytes one property at a time: for lists of thousands of keys that took longer than the tests. What is equal
 * is found at once here; everything else is compared, and reported, as before.
 */
import { expect } from 'vitest';

const ADDED: symbol = Symbol.for('projection-cache equal bytes');

/** True if both are bytes of one kind and equal; `undefined`: Vitest decides. */
function equalBytes(a: unknown, b: unknown): true | undefined {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return undefined;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) || Buffer.compare(a, b) !== 0) return undefined;
  return true;
}

// This file runs once for each file of tests, and they share one list.
if (Reflect.get(globalThis, ADDED) === undefined) {
  Reflect.set(globalThis, ADDED, true);
  expect.addEqualityTesters([equalBytes]);
}
