import { kindOf } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { StateCodec } from './projection.ts';

/** How `jsonCodec` treats what JSON does not carry. */
export interface JsonCodecOptions {
  /**
   * Whether properties that are `undefined` are left out, also while events are folded; default false, which refuses them.
   * True costs a walk over the state for each event.
   */
  readonly dropUndefined?: boolean;
}

/** Longer UTF-8 makes no string in V8, whatever characters it has: it could be written and not be read. */
const UTF8_BYTES_MAX: number = 2 ** 29 - 24;

const encoder = new TextEncoder();
// Drops a byte-order mark in front, which no JSON begins with; to keep it takes Node three times as long.
const decoder = new TextDecoder('utf-8', { fatal: true });

const exact = createCodec(false);
const dropping = createCodec(true);

/**
 * The codec of projections that name none. It takes a state exactly or refuses it with `STATE_CODEC` and the path of what
 * JSON would change. Exact are null, booleans, strings, finite numbers but -0, and plain objects and arrays of these, each
 * in one place. Frozen ones come back unfrozen. Throws `TypeError` for options.
 */
export function jsonCodec<State>(options: JsonCodecOptions = {}): StateCodec<State> {
  const { dropUndefined = false, ...unknown } = options;
  const [surplus] = Object.keys(unknown);
  if (surplus !== undefined) throw new TypeError(`jsonCodec has no option '${surplus}'`);
  if (typeof dropUndefined !== 'boolean') {
    throw new TypeError(`dropUndefined must be a boolean; got ${kindOf(dropUndefined)}`);
  }
  return (dropUndefined ? dropping : exact) as StateCodec<State>;
}

/** Whether a codec reads the bytes it decodes and neither keeps nor changes them: such need no copy. */
export function onlyReads(codec: object): boolean {
  return codec === exact || codec === dropping;
}

/** The JSON of a state in UTF-8. Throws `STATE_CODEC` for more bytes than could be decoded. */
export function encodeJson(state: unknown, bytesMax: number = UTF8_BYTES_MAX): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(state));
  if (bytes.length <= bytesMax) return bytes;
  throw new StoreError(
    'STATE_CODEC',
    `the state is ${bytes.length} bytes of JSON: more than ${bytesMax} make no string`,
  );
}

function createCodec(dropsUndefined: boolean): StateCodec<unknown> {
  return Object.freeze({
    encode(state: unknown): Uint8Array {
      assertExact(state, dropsUndefined);
      return encodeJson(state);
    },
    decode: (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes)),
    ...(dropsUndefined ? { normalize: withoutUndefined } : {}),
  });
}

const lookUpGetter = (Object.prototype as { __lookupGetter__(key: PropertyKey): unknown }).__lookupGetter__;

/** Something in a state that JSON does not carry, and where: the keys that lead to it. */
interface Flaw {
  readonly path: readonly PropertyKey[];
  readonly what: string;
}

/** A walk over a state. */
interface Walk {
  /** Objects met so far: JSON makes two of one that is met again. */
  readonly met: Set<object>;
  readonly allowsUndefined: boolean;
  foundUndefined: boolean;
}

/**
 * Throws `STATE_CODEC`, with the path, for a state that JSON does not give back as it is: so that `apply` does the same to
 * one that was cached as to one that was not. With `allowsUndefined`, a property that is `undefined` passes. Objects are
 * looked at by their property descriptors: one walk and then `JSON.stringify` was measured to be faster than writing the
 * text on the way.
 */
export function assertExact(state: unknown, allowsUndefined: boolean): void {
  walked(state, allowsUndefined);
}

/**
 * The state without the properties that are `undefined`. What has none is returned as it is, so that what is frozen or
 * shared is not written to. Throws `STATE_CODEC` as `assertExact` does.
 */
export function withoutUndefined<State>(state: State): State {
  return walked(state, true).foundUndefined ? (pruned(state) as State) : state;
}

function walked(state: unknown, allowsUndefined: boolean): Walk {
  const walk: Walk = { met: new Set(), allowsUndefined, foundUndefined: false };
  const flaw = flawOf(state, walk);
  if (flaw === undefined) return walk;
  const where = flaw.path.length === 0 ? 'the state' : shownPath(flaw.path);
  throw new StoreError('STATE_CODEC', `JSON cannot hold ${where} (${flaw.what}): give the projection a codec that can`);
}

function flawOf(value: unknown, walk: Walk): Flaw | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? undefined
        : flaw(Object.is(value, -0) ? '-0' : `${value}`);
    case 'object':
      return value === null ? undefined : flawOfObject(value, walk);
    default:
      return flaw(typeof value);
  }
}

function flawOfObject(value: object, walk: Walk): Flaw | undefined {
  if (walk.met.has(value)) return flaw('an object that is in the state twice');
  walk.met.add(value);
  if (!(Array.isArray(value) ? isPlainArray(value) : isPlain(value))) return flaw(kindOfObject(value));
  // One of its own is a function, and refused as such.
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return flaw('an object with a toJSON');
  return Array.isArray(value) ? flawOfItems(value, walk) : flawOfProperties(value, walk);
}

function flawOfProperties(value: object, walk: Walk): Flaw | undefined {
  for (const key of Reflect.ownKeys(value)) {
    const found = flawOfProperty(value, key, walk);
    if (found !== undefined) return found;
  }
  return undefined;
}

function flawOfItems(array: readonly unknown[], walk: Walk): Flaw | undefined {
  for (let at = 0; at < array.length; at += 1) {
    const item = array[at];
    if (item === undefined && !Object.hasOwn(array, at)) return flaw('a hole', at);
    // The descriptor of an item would take ten times as long.
    if (lookUpGetter.call(array, at) !== undefined) return flaw('an accessor', at);
    const found = flawOf(item, walk);
    if (found !== undefined) return inside(at, found);
  }
  // Indices come first and then the length, in the order that the language gives to own keys.
  const surplus = Reflect.ownKeys(array)[array.length + 1];
  return surplus === undefined ? undefined : flaw('a property of an array', surplus);
}

function flawOfProperty(holder: object, key: PropertyKey, walk: Walk): Flaw | undefined {
  if (typeof key === 'symbol') return flaw('a symbol as its key', key);
  const property = Object.getOwnPropertyDescriptor(holder, key) as PropertyDescriptor;
  if (!('value' in property)) return flaw('an accessor', key);
  if (property.enumerable !== true) return flaw('not enumerable', key);
  if (property.value === undefined && walk.allowsUndefined) {
    walk.foundUndefined = true;
    return undefined;
  }
  const found = flawOf(property.value, walk);
  return found === undefined ? undefined : inside(key, found);
}

function inside(key: PropertyKey, { path, what }: Flaw): Flaw {
  return flaw(what, key, ...path);
}

function flaw(what: string, ...path: PropertyKey[]): Flaw {
  return { path, what };
}

/** Whether an object is a literal's, in whatever realm it was made, with no more inside than its properties. */
function isPlain(value: object): boolean {
  if (!isObjectPrototype(Object.getPrototypeOf(value))) return false;
  return tagOf(value) === '[object Object]' && !ArrayBuffer.isView(value);
}

function isPlainArray(array: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(array);
  if (prototype === Array.prototype) return true;
  // Of another realm: that one is an array itself, as that of a class is not.
  return Array.isArray(prototype) && isObjectPrototype(Object.getPrototypeOf(prototype));
}

function isObjectPrototype(value: unknown): boolean {
  if (value === Object.prototype) return true;
  // Of another realm.
  const isLast = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
  return isLast && Object.hasOwn(value, 'isPrototypeOf');
}

function kindOfObject(value: object): string {
  const kind = kindOf(value);
  if (Object.getPrototypeOf(value) === null) return 'an object without a prototype';
  return kind === 'Object' || kind === 'Array' ? tagOf(value).slice('[object '.length, -1) : kind;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value);
}

/** A copy of what has `undefined` properties, and of what holds it. The value is exact but for these. */
function pruned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(pruned);
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  const entries = Object.entries(value);
  const kept = entries.filter(([, item]) => item !== undefined).map(([key, item]) => [key, pruned(item)] as const);
  const isSame = kept.length === entries.length && kept.every(([, item], at) => item === entries[at]?.[1]);
  return isSame ? value : Object.fromEntries(kept);
}

/** `lines[0].price`. */
function shownPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((shown, key) => {
    if (typeof key === 'number') return `${shown}[${key}]`;
    if (typeof key === 'symbol') return `${shown}[${String(key)}]`;
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)) return `${shown}[${JSON.stringify(key)}]`;
    return shown === '' ? key : `${shown}.${key}`;
  }, '');
}
