import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { BrokenCache } from './broken-cache.ts';
import { MapCache } from './map-cache.ts';

const changedResult = 'changing a returned value changes nothing in the cache';
const changedEntry = 'changing a returned entry or its meta changes nothing in the cache';
const twoResults = 'two results of one key share no bytes';
const changedArguments = 'changing the arguments after put changes nothing in the cache';
const changedPrefix = 'changing the prefix after deletePrefix removes nothing more';
const argumentsStay = 'no call changes its arguments';
const resultStays = 'a result stays unchanged by later calls';
const views = 'of a view of a larger buffer only its own bytes count';

/** Keeps entries as objects, in a `Map` by the text of the key. Its two functions decide what is copied. */
export class ObjectCache extends MapCache {
  readonly #entries: Map<string, CacheEntry> = new Map();
  readonly #copyIn: (entry: CacheEntry) => CacheEntry;
  readonly #copyOut: (entry: CacheEntry) => CacheEntry;

  constructor(copyIn: (entry: CacheEntry) => CacheEntry, copyOut: (entry: CacheEntry) => CacheEntry) {
    super();
    this.#copyIn = copyIn;
    this.#copyOut = copyOut;
  }

  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, value, meta);
    this.#entries.set(key.toString(), this.#copyIn({ value, meta }));
  }

  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = super.get(key) && this.#entries.get(key.toString());
    return entry && this.#copyOut(entry);
  }
}

class OneBufferForResults extends MapCache {
  readonly #buffer: Uint8Array = new Uint8Array(2 ** 20);

  override get(key: Uint8Array): CacheEntry | undefined {
    const entry = super.get(key);
    if (entry === undefined) return undefined;
    this.#buffer.set(entry.value);
    return { ...entry, value: this.#buffer.subarray(0, entry.value.length) };
  }
}

class DeletesLater extends MapCache {
  readonly #prefixes: Uint8Array[] = [];

  override get(key: Uint8Array): CacheEntry | undefined {
    for (const prefix of this.#prefixes) super.deletePrefix(prefix);
    return super.get(key);
  }

  override deletePrefix(prefix: Uint8Array): number {
    this.#prefixes.push(prefix);
    return super.deletePrefix(prefix);
  }
}

class ReversesKeys extends MapCache {
  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, value, meta);
    key.reverse();
  }
}

class TransfersValues extends MapCache {
  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, structuredClone(value, { transfer: [value.buffer as ArrayBuffer] }), meta);
  }
}

class StampsMetas extends MapCache {
  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, value, meta);
    Object.assign(meta, { writtenBy: 1 });
  }
}

class KeepsWholeBuffers extends MapCache {
  override put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    super.put(key, new Uint8Array(value.buffer), meta);
  }
}

class SlicesValues extends ObjectCache {
  constructor() {
    super(({ value, meta }) => ({ value: value.slice(), meta: { ...meta } }), copied);
  }
}

export const brokenOwnership: readonly BrokenCache[] = [
  keeping('returns the bytes it keeps', copied, ({ value, meta }) => ({ value, meta: { ...meta } }), [
    changedResult,
    twoResults,
  ]),
  keeping('returns the meta it keeps', copied, ({ value, meta }) => ({ value: new Uint8Array(value), meta }), [
    changedEntry,
  ]),
  keeping('returns the entry it keeps', copied, (entry) => entry, [changedResult, changedEntry, twoResults]),
  keeping('keeps the bytes it received', ({ value, meta }) => ({ value, meta: { ...meta } }), copied, [
    changedArguments,
  ]),
  keeping('keeps the meta it received', ({ value, meta }) => ({ value: new Uint8Array(value), meta }), copied, [
    changedArguments,
  ]),
  keeping(
    'keeps the buffer it received',
    ({ value, meta }) => ({ value: new Uint8Array(value.buffer), meta }),
    copied,
    [views],
  ),
  { fault: 'copies with slice, which a Buffer does not', foundBy: [views], open: () => new SlicesValues() },
  { fault: 'keeps whole buffers', foundBy: [views], open: () => new KeepsWholeBuffers() },
  { fault: 'answers from one buffer', foundBy: [twoResults, resultStays], open: () => new OneBufferForResults() },
  { fault: 'deletes later, by the bytes it received', foundBy: [changedPrefix], open: () => new DeletesLater() },
  { fault: 'reverses keys in place', foundBy: [argumentsStay], open: () => new ReversesKeys() },
  { fault: 'transfers values to a worker', foundBy: [argumentsStay], open: () => new TransfersValues() },
  { fault: 'writes into the meta it received', foundBy: [argumentsStay], open: () => new StampsMetas() },
];

export function copied({ value, meta }: CacheEntry): CacheEntry {
  return { value: new Uint8Array(value), meta: { ...meta } };
}

function keeping(
  fault: string,
  copyIn: (entry: CacheEntry) => CacheEntry,
  copyOut: (entry: CacheEntry) => CacheEntry,
  foundBy: readonly string[],
): BrokenCache {
  return { fault, foundBy, open: () => new ObjectCache(copyIn, copyOut) };
}
