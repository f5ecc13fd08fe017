import { assertBytes, isPromise } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../contract/projection-cache.ts';
import type { CacheDeadline } from './cache-deadline.ts';
import { type CacheFailures, isClosed } from './cache-failures.ts';
import type { CacheKey, CacheWrite, CacheWrites } from './cache-writes.ts';
import type { Coroutine } from './coroutine.ts';
import type { CacheFailure, Refusal } from './projection-report.ts';
import type { ProjectorCounters } from './projector-counters.ts';
import { asStored, type StoredState } from './stored-state.ts';

/** One call under way, from its lookup to the end of its fold. */
export interface ActiveFold {
  readonly stream: string;
  /** Whether its result must not be cached. */
  isDropped: boolean;
  /** Its index among the active folds. */
  at: number;
}

/**
 * The folds under way, and which of them may be cached.
 *
 * 1. A fold that is under way at any time during an invalidation of its stream is dropped: it may be based on an entry that
 *    was removed.
 * 2. A dropped fold writes nothing to the cache.
 * 3. Each fold is ended once. Folds that have ended, and streams that are not being invalidated, use no memory.
 */
export class ActiveFolds {
  /** Unordered; each fold has its index. A `Set` made a hit a fifth slower. */
  readonly #underWay: ActiveFold[] = [];
  /** The streams being invalidated, each with the number of its invalidations under way. */
  readonly #invalidations = new Map<string, number>();

  begin(stream: string): ActiveFold {
    const isDropped = this.#invalidations.size > 0 && this.#invalidations.has(stream);
    const activeFold: ActiveFold = { stream, isDropped, at: this.#underWay.length };
    this.#underWay.push(activeFold);
    return activeFold;
  }

  end(activeFold: ActiveFold): void {
    const last = this.#underWay.pop();
    if (last === undefined || last === activeFold) return;
    this.#underWay[activeFold.at] = last;
    last.at = activeFold.at;
  }

  /** Drops the folds of a stream that are under way, and those that begin before `endInvalidation`. */
  beginInvalidation(stream: string): void {
    this.#invalidations.set(stream, (this.#invalidations.get(stream) ?? 0) + 1);
    for (const activeFold of this.#underWay) if (activeFold.stream === stream) activeFold.isDropped = true;
  }

  endInvalidation(stream: string): void {
    const left = (this.#invalidations.get(stream) ?? 0) - 1;
    if (left > 0) this.#invalidations.set(stream, left);
    else this.#invalidations.delete(stream);
  }
}

/** The deadline of an asynchronous cache, and its write-behind queue. */
export interface AsyncCacheAccess {
  readonly deadline: CacheDeadline;
  readonly writes: CacheWrites;
}

/** The cache of a projector, and what is known about it. */
export interface CacheContext {
  readonly cache: ProjectionCache | AsyncProjectionCache;
  readonly counters: ProjectorCounters;
  readonly failures: CacheFailures;
  /** Whether the cache stores anything: a no-op cache is not written to, nor is a read-only one. */
  readonly keeps: boolean;
  /** How the projector uses an asynchronous cache; absent in a `Projector`. */
  readonly later?: AsyncCacheAccess;
}

/** A state found in the cache. */
export interface CachedState {
  readonly kind: 'found';
  readonly stored: StoredState;
  readonly watermark: bigint;
  readonly cachedAtUs: bigint;
}

/** Why there is no usable state. */
export interface RefusedState {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

export type Lookup = CachedState | RefusedState;

/**
 * The cache entry of one projection of one stream. Errors of the cache are collected for the report and never fail a call,
 * except for `CLOSED`. Writes to an asynchronous cache follow the result: their failures are not in a report.
 */
export class CachedStates {
  readonly #context: CacheContext;
  readonly #place: CacheKey;
  readonly #activeFold: ActiveFold;
  readonly #failures: CacheFailure[];

  /** Failures of the cache are added to `failures`. */
  constructor(context: CacheContext, place: CacheKey, activeFold: ActiveFold, failures: CacheFailure[]) {
    this.#context = context;
    this.#place = place;
    this.#activeFold = activeFold;
    this.#failures = failures;
  }

  /** Reads the entry. Throws `CLOSED`, or rejects with it, and nothing else. */
  get(): Lookup | PromiseLike<Lookup> {
    const { cache, later } = this.#context;
    try {
      const held = this.#held();
      if (held !== undefined) return held;
      const got = cache.get(this.#place.key);
      if (!isPromise(got)) return this.#lookup(got);
      const answer = later === undefined ? got : later.deadline.within(got);
      // An entry written meanwhile is newer than the answer of the cache.
      const found = answer.then((entry) => this.#held() ?? this.#lookup(entry));
      return found.then(undefined, (error: unknown) => this.#unreadable(error));
    } catch (error) {
      return this.#unreadable(error);
    }
  }

  /** Caches a state, unless the stream was invalidated meanwhile. */
  *put(stored: StoredState, meta: CacheMeta): Coroutine<void> {
    const begin = (): unknown => this.#context.cache.put(this.#place.key, stored, meta);
    yield* this.#write('put', { entry: { value: stored, meta }, begin });
  }

  /** Removes the entry. Its key is not a prefix of another one: all keys end with a fingerprint of fixed length. */
  *remove(): Coroutine<void> {
    const begin = (): unknown => this.#context.cache.deletePrefix(this.#place.key);
    yield* this.#write('delete', { entry: undefined, begin });
  }

  *#write(operation: 'put' | 'delete', write: CacheWrite): Coroutine<void> {
    const { keeps, later } = this.#context;
    if (!keeps || this.#activeFold.isDropped) return;
    try {
      if (later !== undefined) {
        later.writes.begin(this.#place, write);
        return;
      }
      const writing = write.begin();
      if (isPromise(writing)) yield writing;
    } catch (error) {
      this.#failed(operation, error);
    }
  }

  /** The pending content of the key, if any. Throws `CACHE_FAILED` if the key must not be read. */
  #held(): Lookup | undefined {
    const { later } = this.#context;
    if (later === undefined || later.writes.isIdle) return undefined;
    const held = later.writes.find(this.#place);
    if (held === undefined) return undefined;
    if (held === 'unreadable') {
      throw new StoreError('CACHE_FAILED', 'the key is not read, as an overdue write may still take effect');
    }
    return this.#lookup(held === 'absent' ? undefined : held);
  }

  /** Throws `TypeError` for an invalid entry, which counts as a failure of the cache. */
  #lookup(entry: CacheEntry | undefined): Lookup {
    if (entry === undefined) return { kind: 'refused', refusal: 'absent' };
    const { watermark, cachedAtUs } = entry.meta;
    if (typeof watermark !== 'bigint' || typeof cachedAtUs !== 'bigint') {
      throw new TypeError('the cache returned an entry whose meta has no bigints: fix the cache');
    }
    assertBytes(entry.value, 'the value of a cached entry');
    const stored = asStored(entry.value);
    if (stored !== undefined) return { kind: 'found', stored, watermark, cachedAtUs };
    this.#context.counters.undecodable += 1;
    return { kind: 'refused', refusal: 'undecodable' };
  }

  #unreadable(error: unknown): RefusedState {
    this.#failed('get', error);
    return { kind: 'refused', refusal: 'cache-failed' };
  }

  #failed(operation: CacheFailure['operation'], error: unknown): void {
    if (isClosed(error)) throw error;
    this.#context.failures.add(operation, this.#place.stream, error);
    this.#failures.push({ operation, error });
  }
}
