import { assertBytes } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import type { ActiveFold } from './active-folds.ts';
import type { CacheKey, CacheWrite } from './cache-writes.ts';
import { type Coroutine, isPromise } from './coroutine.ts';
import type { CacheFailure, Refusal } from './projection-report.ts';
import type { ProjectionContext } from './projector-options.ts';
import { asStored, type StoredState } from './stored-state.ts';

/** A projection found in the cache. */
export interface CachedState {
  readonly kind: 'found';
  readonly stored: StoredState;
  readonly watermark: bigint;
  readonly cachedAtUs: bigint;
}

/** None that can be used, and why. */
export interface RefusedState {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

export type Lookup = CachedState | RefusedState;

/**
 * The cache as one projection of one stream sees it. The cache is an optimisation: what it throws is kept for the report
 * and never stops a projection. Nobody waits for a write to a cache that answers later: it follows the result, and when it
 * fails that is counted and in no report.
 */
export class CachedStates<Event> {
  readonly #context: ProjectionContext<Event>;
  readonly #place: CacheKey;
  readonly #activeFold: ActiveFold;
  readonly #failures: CacheFailure[];

  /** What fails is added to `failures`. */
  constructor(context: ProjectionContext<Event>, place: CacheKey, activeFold: ActiveFold, failures: CacheFailure[]) {
    this.#context = context;
    this.#place = place;
    this.#activeFold = activeFold;
    this.#failures = failures;
  }

  /** Never throws and is never rejected. */
  get(): Lookup | PromiseLike<Lookup> {
    const { cache, later } = this.#context;
    try {
      const held = this.#held();
      if (held !== undefined) return held;
      const got = cache.get(this.#place.key);
      if (!isPromise(got)) return this.#lookup(got);
      const answer = later === undefined ? got : later.deadline.within(got);
      // What was written while the cache answered is newer than its answer.
      const found = answer.then((entry) => this.#held() ?? this.#lookup(entry));
      return found.then(undefined, (error: unknown) => this.#unreadable(error));
    } catch (error) {
      return this.#unreadable(error);
    }
  }

  /** Caches a state, unless `invalidate` overtook this projection. */
  *put(stored: StoredState, meta: CacheMeta): Coroutine<void> {
    if (!this.#context.keeps) return;
    const begin = (): unknown => this.#context.cache.put(this.#place.key, stored, meta);
    yield* this.#write('put', { entry: { value: stored, meta }, begin });
  }

  /** Removes the entry. No other key starts with this one: its fingerprint ends it. */
  *remove(): Coroutine<void> {
    const begin = (): unknown => this.#context.cache.deletePrefix(this.#place.key);
    yield* this.#write('delete', { entry: undefined, begin });
  }

  *#write(operation: 'put' | 'delete', write: CacheWrite): Coroutine<void> {
    if (this.#activeFold.isDropped) return;
    const { later } = this.#context;
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

  /** What the writes under way say of the key. Throws `CACHE_FAILED` where it must not be read. */
  #held(): Lookup | undefined {
    const { later } = this.#context;
    if (later === undefined || later.writes.isIdle) return undefined;
    const held = later.writes.find(this.#place);
    if (held === undefined) return undefined;
    if (held === 'unreadable') {
      throw new StoreError('CACHE_FAILED', 'a write of the key may still land: it is not read');
    }
    return this.#lookup(held === 'absent' ? undefined : held);
  }

  /** Throws `TypeError` for an invalid entry: a cache that answers so has failed like one that throws. */
  #lookup(entry: CacheEntry | undefined): Lookup {
    if (entry === undefined) return { kind: 'refused', refusal: 'absent' };
    const { watermark, cachedAtUs } = entry.meta;
    if (typeof watermark !== 'bigint' || typeof cachedAtUs !== 'bigint') {
      throw new TypeError('the cache returned an entry whose meta is not of bigints: mend the cache');
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
    this.#context.counters.cacheFailures += 1;
    this.#failures.push({ operation, error });
  }
}
