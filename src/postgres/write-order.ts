import { startsWith } from '../base/byte-keys.ts';

/** A put of a key, or a deletion of a prefix, under way. */
interface Change {
  readonly bytes: Uint8Array;
  readonly ended: Promise<unknown>;
}

/**
 * The changes of one cache that are under way, so that they take effect in the order of their calls although the connections of a
 * pool overtake each other.
 *
 * 1. A deletion waits for the puts under its prefix that were called before it, and a put for such deletions that cover its key.
 * 2. Puts do not wait for each other, as the newest entry stays in any order; neither do deletions.
 */
export class WriteOrder {
  readonly #puts = new Set<Change>();
  readonly #deletions = new Set<Change>();

  /** Runs a put of one or more keys after the deletions that cover one of them. */
  put<Result>(keys: readonly Uint8Array[], act: () => Promise<Result>): Promise<Result> {
    const before = endsOf(this.#deletions, (prefix) => keys.some((key) => startsWith(key, prefix)));
    return run(this.#puts, keys, before, act);
  }

  /** Runs a deletion after the puts of keys that it covers. */
  deletion<Result>(prefix: Uint8Array, act: () => Promise<Result>): Promise<Result> {
    const before = endsOf(this.#puts, (key) => startsWith(key, prefix));
    return run(this.#deletions, [prefix], before, act);
  }

  /** Resolves when the changes that are under way have ended. */
  async ended(): Promise<void> {
    await Promise.all(endsOf(new Set([...this.#puts, ...this.#deletions]), () => true));
  }
}

function endsOf(changes: ReadonlySet<Change>, isConcerned: (bytes: Uint8Array) => boolean): Promise<unknown>[] {
  if (changes.size === 0) return [];
  return [...changes].filter(({ bytes }) => isConcerned(bytes)).map(({ ended }) => ended);
}

function run<Result>(
  underWay: Set<Change>,
  all: readonly Uint8Array[],
  before: readonly Promise<unknown>[],
  act: () => Promise<Result>,
): Promise<Result> {
  const result = before.length === 0 ? act() : Promise.all(before).then(act);
  const ended = result.then(ignore, ignore);
  const begun = all.map((bytes) => ({ bytes, ended }));
  for (const change of begun) underWay.add(change);
  return result.finally(() => {
    for (const change of begun) underWay.delete(change);
  });
}

function ignore(): void {}
