import type { ProjectionCache } from '../../../src/index.ts';
import { activityKeys, rootKey } from './activity-key.ts';
import { applyChange, decodeActivity, encodeActivity, initialActivity } from './file-activity.ts';
import type { FileChange, RecordedChange } from './file-change.ts';

/**
 * Folds events into the states that a cache holds: get, apply, put. It needs nothing but the contract of a cache.
 *
 * 1. The watermark of an entry is the sequence of the last event folded into it.
 * 2. An event at or below an entry's watermark is in it already and is not applied again.
 * 3. Every event changes the root, and the root is put last.
 *
 * A cache that comes back after a crash holds a prefix of what was put. By 3, every event up to the root's watermark is
 * then wholly there; by 2, folding what came after it is right even where some entries had got further than the root.
 */
export class ActivityFold {
  readonly #cache: ProjectionCache;
  readonly #nowUs: () => bigint;
  #events = 0;
  #updates = 0;

  /** `nowUs` is a clock in microseconds since the Unix epoch: every entry says when it was cached. */
  constructor(cache: ProjectionCache, nowUs: () => bigint) {
    this.#cache = cache;
    this.#nowUs = nowUs;
  }

  /** Events applied so far. */
  get events(): number {
    return this.#events;
  }

  /** Entries read and written for them so far. */
  get updates(): number {
    return this.#updates;
  }

  /** Every event up to this sequence is folded into the cache; 0 when none is. */
  position(): bigint {
    return this.#cache.get(rootKey)?.meta.watermark ?? 0n;
  }

  /** Folds one event into the file it names and the directories above. Events come in ascending order. */
  apply(recorded: RecordedChange): void {
    for (const key of activityKeys(recorded.event.path)) this.#update(key, recorded.sequence, recorded.event);
    this.#events += 1;
  }

  #update(key: Uint8Array, sequence: bigint, event: FileChange): void {
    const cached = this.#cache.get(key);
    if (cached !== undefined && cached.meta.watermark >= sequence) return;
    const state = cached === undefined ? initialActivity() : decodeActivity(cached.value);
    const value = encodeActivity(applyChange(state, event));
    this.#cache.put(key, value, { watermark: sequence, cachedAtUs: this.#nowUs() });
    this.#updates += 1;
  }
}
