import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import type { FoldToken } from './fold-token.ts';
import type { CacheFailure, Refusal } from './projection-report.ts';
import type { ProjectionContext } from './projector-options.ts';
import { isPromise, type Steps } from './steps.ts';
import { decodeStored, encodeStored, type StoredState } from './stored-state.ts';

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
 * and never stops a projection.
 */
export class CachedStates<Event> {
  readonly #context: ProjectionContext<Event>;
  readonly #key: Uint8Array;
  readonly #token: FoldToken;
  readonly #failures: CacheFailure[];

  /** What fails is added to `failures`. */
  constructor(context: ProjectionContext<Event>, key: Uint8Array, token: FoldToken, failures: CacheFailure[]) {
    this.#context = context;
    this.#key = key;
    this.#token = token;
    this.#failures = failures;
  }

  /** Never throws and is never rejected. */
  get(): Lookup | PromiseLike<Lookup> {
    try {
      const got = this.#context.cache.get(this.#key);
      if (!isPromise(got)) return lookupOf(got);
      return got.then(lookupOf).then(undefined, (error: unknown) => this.#unreadable(error));
    } catch (error) {
      return this.#unreadable(error);
    }
  }

  /** Caches a state, unless `invalidate` overtook this projection. */
  *put(stored: StoredState, meta: CacheMeta): Steps<void> {
    if (!this.#context.keeps) return;
    yield* this.#write('put', () => this.#context.cache.put(this.#key, encodeStored(stored), meta));
  }

  /** Removes the entry. No other key starts with this one: its fingerprint ends it. */
  *remove(): Steps<void> {
    yield* this.#write('delete', () => this.#context.cache.deletePrefix(this.#key));
  }

  *#write(operation: 'put' | 'delete', write: () => unknown): Steps<void> {
    if (this.#token.isDropped) return;
    try {
      const writing = write();
      if (!isPromise(writing)) return;
      this.#token.writing = writing;
      yield writing;
    } catch (error) {
      this.#failed(operation, error);
    } finally {
      this.#token.writing = undefined;
    }
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

/** Throws `TypeError` for an entry that is none: a cache that answers so has failed like one that throws. */
function lookupOf(entry: CacheEntry | undefined): Lookup {
  if (entry === undefined) return { kind: 'refused', refusal: 'absent' };
  const { watermark, cachedAtUs } = entry.meta;
  if (typeof watermark !== 'bigint' || typeof cachedAtUs !== 'bigint') {
    throw new TypeError('the cache returned an entry whose meta is not of bigints: mend the cache');
  }
  const stored = decodeStored(entry.value);
  if (stored === undefined) return { kind: 'refused', refusal: 'undecodable' };
  return { kind: 'found', stored, watermark, cachedAtUs };
}
