import type { CacheEntry, CacheMeta } from '../../src/index.ts';

/** What a peer is handed as a key: whichever form it is fastest with, made before the clock runs. */
export type Key = Buffer | string;

export type Awaitable<T> = T | Promise<T>;

/** A value with its meta, both as they are and as the bytes `value || watermark || cachedAtUs`. */
export interface Body {
  readonly value: Uint8Array;
  readonly meta: CacheMeta;
  readonly bytes: Buffer;
}

/** Entries in the order in which to store them: `keys[i]` with `bodies[i]`. Bodies are shared; a store copies them. */
export interface Puts<K extends Key> {
  readonly keys: readonly K[];
  readonly bodies: readonly Body[];
}

/** The keys from `start` on and before `end`, which are those that start with `start`. */
export interface Run<K extends Key> {
  readonly start: K;
  readonly end: K;
}

/** Operations in turn: `puts[i]` tells whether the i-th stores `bodies[i]` or reads. */
export interface MixedOperations<K extends Key> extends Puts<K> {
  readonly isPut: Uint8Array;
}

/** Is handed what a get or a scan found, with the position of the key. The value must be a copy, the meta decoded. */
export type Visit = (index: number, entry: CacheEntry | undefined) => void;

/**
 * An open store of a peer. Each verb does its whole loop, so that none pays for a call that another has not, and does it
 * in the fastest way that keeps what the verb promises.
 */
export interface PeerStore<K extends Key> {
  /** Stores all, new or not; durable as a whole when it returns. */
  putAll(puts: Puts<K>): Awaitable<void>;
  /** Stores one after the other, each durable before the next. Absent where a peer cannot. */
  putDurably?(puts: Puts<K>): Awaitable<void>;
  /** Stores one after the other, each readable before the next, and writes how many ms each took; durable at the end. */
  putSingly(puts: Puts<K>, durationsMs: Float64Array): Awaitable<void>;
  /** Reads each key. */
  getEach(keys: readonly K[], visit: Visit): Awaitable<void>;
  /** Reads every entry in the order of the keys. */
  scan(visit: Visit): Awaitable<void>;
  /** Deletes each run and returns how many entries that were; durable as a whole when it returns. */
  deleteRuns(runs: readonly Run<K>[]): Awaitable<number>;
  /** Does operations in turn; a get sees the puts before it; durable as a whole when it returns. */
  mixed(operations: MixedOperations<K>, visit: Visit): Awaitable<void>;
  /** Gives disk space back, where there is such a verb. */
  compact?(): Awaitable<void>;
  close(): Awaitable<void>;
}

/** A store to compare with, and how it is used. */
export interface Peer<K extends Key = Key> {
  readonly name: string;
  /** The mode it is run in, for people who want to judge whether it is the best one. */
  readonly mode: string;
  readonly keyForm: K extends Buffer ? 'bytes' : K extends string ? 'string' : 'bytes' | 'string';
  /** More entries than these would take minutes. */
  readonly entriesMax?: number;
  /** Nothing is left after `close`: each work loads for itself, and there is no disk to measure. */
  readonly inMemory?: boolean;
  /** Opens the store in a directory that exists, or begins one there. */
  open(directory: string): Awaitable<PeerStore<K>>;
}
