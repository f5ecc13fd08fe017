import type { CacheEntry, CacheMeta } from '../../src/index.ts';

/** The keys of a peer, in its fastest form, created before the clock runs. */
export type Key = Buffer | string;

export type Awaitable<T> = T | Promise<T>;

/** A value with its meta, both separately and as the bytes `value || watermark || cachedAtUs`. */
export interface Body {
  readonly value: Uint8Array;
  readonly meta: CacheMeta;
  readonly bytes: Buffer;
}

/** Entries in the order of their puts: `keys[i]` with `bodies[i]`. Bodies are shared; a store copies them. */
export interface Puts<K extends Key> {
  readonly keys: readonly K[];
  readonly bodies: readonly Body[];
}

/** The keys from `start` on and before `end`: those that start with `start`. */
export interface Run<K extends Key> {
  readonly start: K;
  readonly end: K;
}

/** A sequence of operations: if `puts[i]`, the i-th stores `bodies[i]`, else it reads. */
export interface MixedOperations<K extends Key> extends Puts<K> {
  readonly isPut: Uint8Array;
}

/**
 * Receives each entry that a get or a scan found, with the position of its key. The value must be a copy, the meta
 * decoded.
 */
export type Visit = (index: number, entry: CacheEntry | undefined) => void;

/**
 * An open store of a peer. Each method runs its whole loop, so that no store pays for calls that another does not need,
 * in the fastest way that keeps the guarantees of the method.
 */
export interface PeerStore<K extends Key> {
  /** Stores all entries, new or not; durable as a whole when it returns. */
  putAll(puts: Puts<K>): Awaitable<void>;
  /** Stores one after the other, each durable before the next. Absent if a peer cannot do that. */
  putDurably?(puts: Puts<K>): Awaitable<void>;
  /** Stores one after the other, each readable before the next, and records the ms of each; durable at the end. */
  putSingly(puts: Puts<K>, durationsMs: Float64Array): Awaitable<void>;
  /** Reads each key. */
  getEach(keys: readonly K[], visit: Visit): Awaitable<void>;
  /** Reads every entry in the order of the keys. */
  scan(visit: Visit): Awaitable<void>;
  /** Deletes each run and returns how many entries that were; durable as a whole when it returns. */
  deleteRuns(runs: readonly Run<K>[]): Awaitable<number>;
  /** Runs operations in order; a get sees the puts before it; durable as a whole when it returns. */
  mixed(operations: MixedOperations<K>, visit: Visit): Awaitable<void>;
  /** Frees disk space; absent if the store has no such operation. */
  compact?(): Awaitable<void>;
  close(): Awaitable<void>;
}

/** A store to compare with, and how it is used. */
export interface Peer<K extends Key = Key> {
  readonly name: string;
  /** The mode in which it runs, for people who want to judge whether it is the best one. */
  readonly mode: string;
  readonly keyForm: K extends Buffer ? 'bytes' : K extends string ? 'string' : 'bytes' | 'string';
  /** More entries than these would take minutes. */
  readonly entriesMax?: number;
  /** Nothing is left after `close`: each work loads its own entries, and there is no disk usage to measure. */
  readonly inMemory?: boolean;
  /** Opens the store in an existing directory, or creates one there. */
  open(directory: string): Awaitable<PeerStore<K>>;
}
