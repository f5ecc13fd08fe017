import type { Later } from '../../src/base/background-timer.ts';
import { ALL_KEYS, type KeyInterval } from '../../src/key-index/index-cursor.ts';
import { copyForCaller } from '../../src/log/record-memory.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import type { StorageBackend } from '../../src/storage/storage-backend.ts';
import { LogStore } from '../../src/store/log-store.ts';
import type { LogStoreOptions } from '../../src/store/log-store-options.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { seededRandom } from '../../src/testing/index.ts';
import type { Engine } from '../engines/engine-source.ts';
import { eventsInto } from './event-collector.ts';
import { NEVER } from './later-into.ts';

/** Keys and bodies as strings of one character a byte, so that they compare and print. */
export type Contents = ReadonlyMap<string, string>;

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

export function bytes(characters: string): Uint8Array {
  return Uint8Array.from(Buffer.from(characters, 'latin1'));
}

const shipped: Pick<Engine, 'LogStore' | 'pageCacheBytes'> = { LogStore, pageCacheBytes: 8 * 64 * 1024 };

export interface OpenForTest extends LogStoreOptions {
  /** An engine to use instead of that of the sources. */
  readonly engine?: Pick<Engine, 'LogStore' | 'pageCacheBytes'> | undefined;
  /** The seed for salts and towers, unless `random` is given. */
  readonly seed?: number;
  readonly random?: () => number;
  readonly defer?: (task: () => void) => void;
  readonly later?: Later;
}

/** Opens a store with the smallest page cache; nothing runs in the background unless `defer` and `later` say so. */
export function openStore(storage: StorageBackend = new MemoryStorage(), options: OpenForTest = {}): LogStore {
  const { engine = shipped, seed = 1, random = seededRandom(seed), defer = () => {}, later = NEVER, ...rest } = options;
  const settings = { pageCacheBytes: engine.pageCacheBytes, ...rest };
  return engine.LogStore.open('store', settings, { storage, random, defer, later });
}

/** Opens a store and collects its events but `opened` and `closed`. */
export function openWithEvents(
  storage: StorageBackend,
  options: OpenForTest = {},
): { readonly store: LogStore; readonly events: StoreEvent[] } {
  const events: StoreEvent[] = [];
  const store = openStore(storage, { ...options, onEvent: eventsInto(events) });
  return { store, events };
}

/** A copy of the body under `key`, `undefined` on a miss. */
export function getBody(store: LogStore, key: Uint8Array): Uint8Array | undefined {
  return store.reader.read(key, copyForCaller);
}

/** The entries of an interval with copies of their bodies; by default all, from the first key to the last. */
export function entriesOf(
  store: LogStore,
  interval: KeyInterval = ALL_KEYS,
  reverse = false,
): Generator<[Uint8Array, Uint8Array], undefined> {
  return store.reader.scan({ interval, reverse, limit: Number.POSITIVE_INFINITY }, copyForCaller);
}

/** Everything in a store, by iteration; `get` and `has` must agree with it. */
export function contentsOf(store: LogStore): Map<string, string> {
  const contents = new Map<string, string>();
  for (const [key, body] of entriesOf(store)) contents.set(text(key), text(body));
  return contents;
}

/**
 * The states of a store, one after each accepted operation, and how many of them a sync covered. It decides what a
 * store may hold after any fault.
 */
export class StoreHistory {
  readonly states: Contents[];
  /** The newest state that a sync covered. */
  #synced = 0;

  constructor(start: Contents = new Map()) {
    this.states = [start];
  }

  get current(): Contents {
    return this.states.at(-1) as Contents;
  }

  get synced(): number {
    return this.#synced;
  }

  /** Records an accepted operation that changes the contents with `change`. */
  accept(change: (contents: Map<string, string>) => void): void {
    const next = new Map(this.current);
    change(next);
    this.states.push(next);
  }

  /** Records a sync that covered the first `states` states; default: all. */
  sync(states: number = this.states.length): void {
    this.#synced = Math.max(this.#synced, states - 1);
  }

  /** After a pure crash: whether `contents` is a state with everything synced. */
  isPrefix(contents: Contents): boolean {
    return this.states.slice(this.#synced).some((state) => equal(state, contents));
  }

  /**
   * Whether `contents` was a state at any time: what may be left if damage removes the end of the log and its marks.
   */
  wasState(contents: Contents): boolean {
    return this.states.some((state) => equal(state, contents));
  }

  /**
   * After damage: the entries of `contents` that are neither the last synced value of their key nor a later accepted
   * one.
   */
  lies(contents: Contents): string[] {
    const states = this.states.slice(this.#synced);
    const lies: string[] = [];
    for (const [key, body] of contents) {
      if (!states.some((state) => state.get(key) === body)) lies.push(`${key} holds ${body.slice(0, 40)}`);
    }
    return lies;
  }
}

export function equal(a: Contents, b: Contents): boolean {
  if (a.size !== b.size) return false;
  for (const [key, body] of a) if (b.get(key) !== body) return false;
  return true;
}
