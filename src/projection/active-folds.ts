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
