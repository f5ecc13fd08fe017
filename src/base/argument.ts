// The getter of `Symbol.toStringTag` of typed arrays also recognises an array of another realm (a vm context, a test runner
// with globals for each file), for which `instanceof` is false.
const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype) as object;
const typedArrayTag = Object.getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag)?.get;

/** Whether `value` is a `Uint8Array` of any realm; a `Buffer` is one. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || typedArrayTag?.call(value) === 'Uint8Array';
}

/** Throws `TypeError` unless `value` is a `Uint8Array` (a `Buffer` is one). `name` is its name in the message. */
export function assertBytes(value: unknown, name: string): asserts value is Uint8Array {
  if (!isBytes(value)) throw new TypeError(`${name} must be a Uint8Array; got ${kindOf(value)}`);
  if (value.length === 0) assertAttached(value, name);
}

/** An array whose memory was transferred or cut off looks empty: as a prefix it would mean every key. */
function assertAttached(bytes: Uint8Array, name: string): void {
  try {
    bytes.indexOf(0);
  } catch (cause) {
    throw new TypeError(`${name} has lost its buffer`, { cause });
  }
}

const encoder = new TextEncoder();

/** The bytes of an argument that may be a string, which is encoded as UTF-8. `name` is its name in messages. */
export function bytesArgument(value: Uint8Array | string, name: string): Uint8Array {
  if (typeof value === 'string') {
    assertWellFormed(value, name);
    return encoder.encode(value);
  }
  if (!isBytes(value)) throw new TypeError(`${name} must be a string or a Uint8Array; got ${kindOf(value)}`);
  if (value.length === 0) assertAttached(value, name);
  return value;
}

/**
 * Throws `TypeError` for a string with a lone surrogate: UTF-8 encodes all of them as the same replacement character, so two
 * strings would become one key.
 */
export function assertWellFormed(text: string, name: string): void {
  if (!text.isWellFormed()) throw new TypeError(`${name} must be well-formed Unicode; it has a lone surrogate`);
}

/** What a value is, for messages: the name of its class or its primitive type. */
export function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  const maker = (value as { constructor?: unknown }).constructor;
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'object';
}

/** Throws `TypeError` where `value` cannot be gone through, and for a string, whose characters are not meant. */
export function assertIterable(value: object, name: string): void {
  if (typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value))
    return;
  throw new TypeError(`${name} must be an iterable, such as an array; got ${kindOf(value)}`);
}

export function assertFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw new TypeError(`${name} must be a function; got ${kindOf(value)}`);
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
