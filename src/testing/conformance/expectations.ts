import { isBytes } from '../../base/argument.ts';

/** Throws an `Error` with `message` unless `condition` holds. Every test runner reports that as a failed test. */
export function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Throws unless `actual` is the same value as `expected`; the message shows both. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${shown(expected)}, got ${shown(actual)}`);
}

/** Throws unless `actual` holds the bytes `expected`. A `Buffer` passes, and a `Uint8Array` of another realm. */
export function expectBytes(actual: unknown, expected: Uint8Array, what: string): void {
  expectThat(isBytes(actual), `${what} must be a Uint8Array, got ${shown(actual)}`);
  expectSame(actual.length, expected.length, `the length of ${what}`);
  const at = expected.findIndex((byte, index) => byte !== actual[index]);
  if (at >= 0) throw new Error(`${what}: byte ${at} must be ${expected[at]}, got ${actual[at]}`);
}

/**
 * Throws unless `call` throws an error of this name, or returns a promise that rejects with one. Compares names, as the
 * error may come from another realm than the suite.
 */
export async function expectRefused(name: string, what: string, call: () => unknown): Promise<void> {
  let answer: unknown;
  try {
    answer = await call();
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'name' in error && error.name === name) return;
    throw new Error(`${what} must throw a ${name}, but it threw ${String(error)}`, { cause: error });
  }
  throw new Error(`${what} must throw a ${name}, but it returned ${shown(answer)}`);
}

const shownBytesMax = 16;

/** A value as text for a message: bytes in hexadecimal, shortened if they are many. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (isBytes(value)) return shownBytes(value);
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  return Object.prototype.toString.call(value) === '[object Object]' ? shownFields(value as object) : String(value);
}

function shownBytes(bytes: Uint8Array): string {
  const start = Array.from(bytes.subarray(0, shownBytesMax), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > shownBytesMax ? `0x${start}… (${bytes.length} bytes)` : `0x${start}`;
}

function shownFields(value: object): string {
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${shown(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
