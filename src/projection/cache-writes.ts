import type { CacheEntry } from '../contract/cache-entry.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../contract/projection-cache.ts';
import type { CacheDeadline } from './cache-deadline.ts';
import { isPromise } from './coroutine.ts';
import type { ProjectorCounters } from './projector-counters.ts';

/** Of which key a write is. */
export interface CacheKey {
  readonly stream: string;
  /** Names the projection among those of the stream. */
  readonly projectionId: string;
  readonly key: Uint8Array;
}

/** A write that may be begun later. */
export interface CacheWrite {
  /** What the key holds after it; absent where it removes the key. */
  readonly entry: CacheEntry | undefined;
  /** Returns the cache's promise, if it answers later. */
  begin(): unknown;
}

/** What is known here of a key: the entry that the cache will hold, that it will hold none, or that it must not be read. */
export type PendingEntry = CacheEntry | 'absent' | 'unreadable';

/** A key with writes that have not ended. */
interface PendingKey extends CacheKey {
  readonly id: string;
  current: CacheWrite;
  waiting: CacheWrite | undefined;
  /** Resolved when the write under way has ended or is overdue. */
  step: Promise<void>;
  isOverdue: boolean;
  isInvalidated: boolean;
  cleaning: 'none' | 'due' | 'under way';
}

/**
 * The writes of a projector to a cache that answers later. Results do not wait for them.
 *
 * 1. Of a key one write is under way at a time. One more waits, the one that was asked for last.
 * 2. While writes of a key are on their way, it is read from here: what is found is what the cache will hold.
 * 3. A write that is not answered in time is *overdue* until it is settled: it may land at any moment. Its key is neither read
 *    nor written meanwhile, so that there is one such write of a key at most.
 * 4. `overtake` drops the writes of a stream that wait. Its key is not read from here any more, and `ended` says when the
 *    writes under way have ended or are overdue: a deletion that begins then removes whatever the former wrote.
 * 5. A write that was overdue when or before it was overtaken may have landed after that deletion. When it is settled, its
 *    key is removed again, and neither read nor written before a removal has succeeded.
 *
 * So no state from before an invalidation is read after it. From here, by 4, nothing older is read; of the cache, what ended
 * before the deletion was removed by it, and by 3 and 5 what landed later is removed before the key is read. A promise that
 * is settled is taken at its word: what it wrote has landed or never will.
 */
export class CacheWrites {
  readonly #cache: ProjectionCache | AsyncProjectionCache;
  readonly #deadline: CacheDeadline;
  readonly #counters: ProjectorCounters;
  readonly #keys = new Map<string, PendingKey>();

  constructor(cache: ProjectionCache | AsyncProjectionCache, deadline: CacheDeadline, counters: ProjectorCounters) {
    this.#cache = cache;
    this.#deadline = deadline;
    this.#counters = counters;
  }

  /** Whether nothing is known here of any key. */
  get isIdle(): boolean {
    return this.#keys.size === 0;
  }

  /** What is known of a key; `undefined`: ask the cache. */
  find(place: CacheKey): PendingEntry | undefined {
    const held = this.#keys.get(sharedId(place.stream, place.projectionId));
    if (held === undefined) return undefined;
    if (held.cleaning === 'due') this.#clean(held);
    if (held.isOverdue || held.isInvalidated) return 'unreadable';
    const { entry } = held.waiting ?? held.current;
    return entry ?? 'absent';
  }

  /** Begins a write, now or after the one under way. Throws what the cache throws at once; later failures are counted. */
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

  /** For a stream whose entries are about to be removed. */
  invalidate(stream: string): void {
    for (const held of this.#of(stream)) {
      held.isInvalidated = true;
      held.waiting = undefined;
    }
  }

  /** Whether writes, of a stream or at all, are under way and not overdue. */
  isBusy(stream?: string): boolean {
    return this.#of(stream).some(({ isOverdue }) => !isOverdue);
  }

  /** Resolves when the writes, of a stream or all of them, have ended or are overdue. */
  async ended(stream?: string): Promise<void> {
    while (this.isBusy(stream)) await Promise.all(this.#of(stream).map(({ step }) => step));
  }

  #of(stream: string | undefined): PendingKey[] {
    const all = [...this.#keys.values()];
    return stream === undefined ? all : all.filter((held) => held.stream === stream);
  }

  #follow(held: PendingKey, writing: PromiseLike<unknown>): void {
    held.step = new Promise((resolve) => {
      const stop = this.#deadline.start(() => {
        held.isOverdue = true;
        held.waiting = undefined;
        this.#counters.cacheFailures += 1;
        resolve();
      });
      const settle = (failures: number): void => {
        stop();
        if (!held.isOverdue) this.#counters.cacheFailures += failures;
        this.#settled(held);
        resolve();
      };
      writing.then(
        () => settle(0),
        () => settle(1),
      );
    });
  }

  #settled(held: PendingKey): void {
    if (held.isOverdue && held.isInvalidated) {
      this.#clean(held);
      return;
    }
    const { waiting } = held;
    held.waiting = undefined;
    const writing = waiting === undefined ? undefined : this.#try(() => waiting.begin());
    if (waiting === undefined || !isPromise(writing)) {
      this.#keys.delete(held.id);
      return;
    }
    held.current = waiting;
    this.#follow(held, writing);
  }

  /** Removes what an overdue write may have brought back. A removal that fails is tried again when the key is asked for. */
  #clean(held: PendingKey): void {
    held.cleaning = 'under way';
    const removing = this.#try(() => this.#deadline.within(Promise.resolve(this.#cache.deletePrefix(held.key))));
    const failed = (): void => {
      held.cleaning = 'due';
      this.#counters.cacheFailures += 1;
    };
    if (removing === undefined) held.cleaning = 'due';
    else removing.then(() => this.#keys.delete(held.id), failed);
  }

  #try<Result>(act: () => Result): Result | undefined {
    try {
      return act();
    } catch {
      this.#counters.cacheFailures += 1;
      return undefined;
    }
  }
}

/** Names a projection of a stream among all that a projector is asked for. */
export function sharedId(stream: string, projectionId: string): string {
  // As in keys: a stream holds no NUL.
  return `${stream}\0${projectionId}`;
}
