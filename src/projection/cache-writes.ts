import { isPromise } from '../base/argument.ts';
import type { CacheEntry } from '../contract/cache-entry.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../contract/projection-cache.ts';
import type { CacheDeadline } from './cache-deadline.ts';
import type { CacheFailures } from './cache-failures.ts';

/** A key of the cache, and what it belongs to. */
export interface CacheKey {
  readonly stream: string;
  /** Identifies the projection among those of the stream. */
  readonly projectionId: string;
  readonly key: Uint8Array;
}

/** A write that can be started later. */
export interface CacheWrite {
  /** The entry that it writes; `undefined` if it removes the key. */
  readonly entry: CacheEntry | undefined;
  /** The epoch of the reading that the entry was made from, in a shared cache. */
  readonly epoch: bigint | undefined;
  /** Starts the write. Returns the promise of an asynchronous cache. */
  begin(): unknown;
}

/** The newest write of a key, or that the key must not be read as its content is unknown. */
export type PendingWrite = CacheWrite | 'unreadable';

/** A key with a write that has not ended. */
interface PendingKey extends CacheKey {
  readonly id: string;
  current: CacheWrite;
  waiting: CacheWrite | undefined;
  /** Resolves when the write under way has ended or is overdue. */
  step: Promise<void>;
  isOverdue: boolean;
  isInvalidated: boolean;
  cleaning: 'none' | 'due' | 'under way';
}

/**
 * The write-behind queue of a projector with an asynchronous cache: results do not wait for writes.
 *
 * 1. Each key has at most one write under way, and at most one more that waits: the newest.
 * 2. While a key has pending writes, it is read from this queue: the newest entry is what the cache will hold.
 * 3. A write that exceeds the deadline is *overdue* until its promise is settled, as it may take effect at any time. Its key is
 *    neither read nor written meanwhile, so that each key has at most one overdue write.
 * 4. `invalidate` drops the waiting writes of a stream, and its keys are no longer read from this queue. `ended` resolves
 *    when the writes under way have ended or are overdue: a deletion that starts then removes what the former wrote.
 * 5. An overdue write of an invalidated stream may take effect after that deletion. When its promise is settled, the key is
 *    removed again, and is neither read nor written before a removal has succeeded.
 *
 * So no state from before an invalidation is read after it: by 4 not from this queue; and not from the cache, as the deletion
 * removes the writes that ended before it, and by 3 and 5 later ones are removed before the key is read. A settled promise
 * means that the write has taken effect or never will.
 */
export class CacheWrites {
  readonly #cache: ProjectionCache | AsyncProjectionCache;
  readonly #deadline: CacheDeadline;
  readonly #failures: CacheFailures;
  readonly #keys = new Map<string, PendingKey>();

  constructor(cache: ProjectionCache | AsyncProjectionCache, deadline: CacheDeadline, failures: CacheFailures) {
    this.#cache = cache;
    this.#deadline = deadline;
    this.#failures = failures;
  }

  /** Whether no key has pending writes. */
  get isIdle(): boolean {
    return this.#keys.size === 0;
  }

  /** The pending content of a key; `undefined`: read the cache. */
  find(place: CacheKey): PendingWrite | undefined {
    const held = this.#keys.get(sharedId(place.stream, place.projectionId));
    if (held === undefined) return undefined;
    if (held.cleaning === 'due') this.#clean(held);
    if (held.isOverdue || held.isInvalidated) return 'unreadable';
    return held.waiting ?? held.current;
  }

  /** Starts a write, now or after the one under way. Throws synchronous errors of the cache; later failures are counted. */
  begin(place: CacheKey, write: CacheWrite): void {
    const id = sharedId(place.stream, place.projectionId);
    const held = this.#keys.get(id);
    if (held !== undefined) {
      if (!(held.isOverdue || held.isInvalidated)) held.waiting = write;
      return;
    }
    const writing = write.begin();
    if (!isPromise(writing)) return;
    const state = { isOverdue: false, isInvalidated: false, cleaning: 'none' as const };
    const begun: PendingKey = { ...place, ...state, id, current: write, waiting: undefined, step: Promise.resolve() };
    this.#keys.set(id, begun);
    this.#follow(begun, writing);
  }

  /** Call it before the entries of a stream are removed. */
  invalidate(stream: string): void {
    for (const held of this.#of(stream)) {
      held.isInvalidated = true;
      held.waiting = undefined;
    }
  }

  /** Whether a write, of one stream or of any, is under way and not overdue. */
  isBusy(stream?: string): boolean {
    return this.#of(stream).some(({ isOverdue }) => !isOverdue);
  }

  /** Resolves when all writes, of one stream or of any, have ended or are overdue. */
  async ended(stream?: string): Promise<void> {
    while (this.isBusy(stream)) await Promise.all(this.#of(stream).map(({ step }) => step));
  }

  #of(stream: string | undefined): PendingKey[] {
    const all = [...this.#keys.values()];
    return stream === undefined ? all : all.filter((held) => held.stream === stream);
  }

  #follow(held: PendingKey, writing: PromiseLike<unknown>): void {
    const operation = operationOf(held.current);
    held.step = new Promise((resolve) => {
      const stop = this.#deadline.start(() => {
        held.isOverdue = true;
        held.waiting = undefined;
        this.#failures.add(operation, held.stream, this.#deadline.exceeded());
        resolve();
      });
      const settle = (): void => {
        stop();
        this.#settled(held);
        resolve();
      };
      writing.then(settle, (error: unknown) => {
        if (!held.isOverdue) this.#failures.add(operation, held.stream, error);
        settle();
      });
    });
  }

  #settled(held: PendingKey): void {
    if (held.isOverdue && held.isInvalidated) {
      this.#clean(held);
      return;
    }
    const { waiting } = held;
    held.waiting = undefined;
    const writing =
      waiting === undefined ? undefined : this.#try(operationOf(waiting), held.stream, () => waiting.begin());
    if (waiting === undefined || !isPromise(writing)) {
      this.#keys.delete(held.id);
      return;
    }
    held.current = waiting;
    this.#follow(held, writing);
  }

  /** Removes what an overdue write may have stored. A failed removal is retried at the next lookup of the key. */
  #clean(held: PendingKey): void {
    held.cleaning = 'under way';
    const remove = () => this.#deadline.within(Promise.resolve(this.#cache.deletePrefix(held.key)));
    const removing = this.#try('delete', held.stream, remove);
    const failed = (error: unknown): void => {
      held.cleaning = 'due';
      this.#failures.add('delete', held.stream, error);
    };
    if (removing === undefined) held.cleaning = 'due';
    else removing.then(() => this.#keys.delete(held.id), failed);
  }

  #try<Result>(operation: 'put' | 'delete', stream: string, act: () => Result): Result | undefined {
    try {
      return act();
    } catch (error) {
      this.#failures.add(operation, stream, error);
      return undefined;
    }
  }
}

function operationOf({ entry }: CacheWrite): 'put' | 'delete' {
  return entry === undefined ? 'delete' : 'put';
}

/** Identifies a projection of a stream among all those of a projector. */
export function sharedId(stream: string, projectionId: string): string {
  // Unambiguous: a stream contains no NUL.
  return `${stream}\0${projectionId}`;
}
