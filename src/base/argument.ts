// The getter behind `Symbol.toStringTag` of typed arrays names the class also for an array made in another realm (a vm
// context, a test runner that gives each file its own globals), where `instanceof` says no.
const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype) as object;
const typedArrayTag = Object.getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag)?.get;

/** Whether `value` is a `Uint8Array` of any realm; a `Buffer` is one. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || typedArrayTag?.call(value) === 'Uint8Array';
}

/** Throws `TypeError` unless `value` is a `Uint8Array` (a `Buffer` is one); `name` is what the caller calls it. */
export function assertBytes(value: unknown, name: string): asserts value is Uint8Array {
  if (isBytes(value)) return;
  throw new TypeError(`${name} must be a Uint8Array; got ${kindOf(value)}`);
}

/** What a value is, for messages: its class where it has one, else its primitive type. */
export function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  const maker = (value as { constructor?: unknown }).constructor;
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'object';
}
