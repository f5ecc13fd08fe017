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
  if (isBytes(value)) return;
  throw new TypeError(`${name} must be a Uint8Array; got ${kindOf(value)}`);
}

/** What a value is, for messages: the name of its class or its primitive type. */
export function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  const maker = (value as { constructor?: unknown }).constructor;
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'object';
}

/** Throws `TypeError` for options in which nothing would be found, an `AbortSignal` perhaps. */
export function assertOptions(options: object): void {
  if (typeof options === 'object' && options !== null && !('aborted' in options)) return;
  throw new TypeError(`options must be an object with the options by name; got ${kindOf(options)}`);
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
