import { kindOf } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { StateCodec } from './projection.ts';

/** How `jsonCodec` treats values that JSON cannot represent. */
export interface JsonCodecOptions {
  /**
   * Whether properties with the value `undefined` are omitted, also after each event of a fold; default false, which rejects
   * them with `STATE_CODEC`. If true, each event costs a walk over the state.
   */
  readonly dropUndefined?: boolean;
}

/** V8 cannot make a string of longer UTF-8, whatever its characters: the state could be written, but not read. */
const UTF8_BYTES_MAX: number = 2 ** 29 - 24;

const encoder = new TextEncoder();
// Drops a leading byte-order mark, which JSON never has; keeping it takes Node three times as long.
const decoder = new TextDecoder('utf-8', { fatal: true });

const exact = createCodec(false);
const dropping = createCodec(true);

/**
 * The default codec of projections: JSON in UTF-8. It encodes a state exactly, or throws `STATE_CODEC` with the path of the
 * value that JSON would change. Accepted are null, booleans, strings, finite numbers except -0, and plain objects and arrays
 * of these, each object in one place only. Frozen objects are decoded as unfrozen ones. Throws `TypeError` for an invalid or
 * unknown option.
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

/** Whether a codec neither keeps nor modifies the bytes that it decodes, so that it needs no copy. */
export function onlyReads(codec: object): boolean {
  return codec === exact || codec === dropping;
}

/** The JSON of a state in UTF-8. Throws `STATE_CODEC` for more bytes than can be decoded. */
export function encodeJson(state: unknown, bytesMax: number = UTF8_BYTES_MAX): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(state));
  if (bytes.length <= bytesMax) return bytes;
  throw new StoreError(
    'STATE_CODEC',
    `the state is ${bytes.length} bytes of JSON: more than ${bytesMax} cannot be decoded`,
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

/** A value in a state that JSON cannot represent, and its path: the keys that lead to it. */
interface Flaw {
  readonly path: readonly PropertyKey[];
  readonly what: string;
}

/** A walk over a state. */
interface Walk {
  /** Objects visited so far: JSON would make two of an object in two places. */
  readonly met: Set<object>;
  readonly allowsUndefined: boolean;
  foundUndefined: boolean;
}

/**
 * Throws `STATE_CODEC`, with the path, for a state that JSON would change: `apply` must see the same state whether it was
 * cached or not. With `allowsUndefined`, properties with the value `undefined` pass. The walk reads property descriptors, so
 * that no accessor runs. A walk before `JSON.stringify` was measured to be faster than writing the text during the walk.
 */
export function assertExact(state: unknown, allowsUndefined: boolean): void {
  walked(state, allowsUndefined);
}

/**
 * The state without the properties with the value `undefined`. Objects without such properties are returned as they are, and
 * frozen or shared objects are not modified. Throws `STATE_CODEC` as `assertExact` does.
 */
export function withoutUndefined<State>(state: State): State {
  return walked(state, true).foundUndefined ? (pruned(state) as State) : state;
}

function walked(state: unknown, allowsUndefined: boolean): Walk {
  const walk: Walk = { met: new Set(), allowsUndefined, foundUndefined: false };
  const flaw = flawOf(state, walk);
  if (flaw === undefined) return walk;
  const where = flaw.path.length === 0 ? 'the state' : shownPath(flaw.path);
  throw new StoreError('STATE_CODEC', `JSON cannot hold ${where} (${flaw.what}): use a codec that can encode it`);
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
  // Also finds an inherited one; an own one would be rejected as a function anyway.
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
    // Reading the property descriptor of an item takes ten times as long.
    if (lookUpGetter.call(array, at) !== undefined) return flaw('an accessor', at);
    const found = flawOf(item, walk);
    if (found !== undefined) return inside(at, found);
  }
  // In the order of own keys, indices come first and then the length.
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

/** Whether an object is a plain one of any realm, without internal slots such as those of a `Date`. */
function isPlain(value: object): boolean {
  if (!isObjectPrototype(Object.getPrototypeOf(value))) return false;
  return tagOf(value) === '[object Object]' && !ArrayBuffer.isView(value);
}

function isPlainArray(array: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(array);
  if (prototype === Array.prototype) return true;
  // Of another realm: its `Array.prototype` is itself an array; the prototype of a subclass is not.
  return Array.isArray(prototype) && isObjectPrototype(Object.getPrototypeOf(prototype));
}

function isObjectPrototype(value: object | null): boolean {
  if (value === Object.prototype) return true;
  // Of another realm.
  return value !== null && Object.getPrototypeOf(value) === null && Object.hasOwn(value, 'isPrototypeOf');
}

function kindOfObject(value: object): string {
  const kind = kindOf(value);
  if (Object.getPrototypeOf(value) === null) return 'an object without a prototype';
  return kind === 'Object' ? tagOf(value).slice('[object '.length, -1) : kind;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value);
}

/** A copy of the objects with `undefined` properties, and of the objects that contain them. */
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
    if (typeof key !== 'string') return `${shown}[${String(key)}]`;
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)) return `${shown}[${JSON.stringify(key)}]`;
    return shown === '' ? key : `${shown}.${key}`;
  }, '');
}
