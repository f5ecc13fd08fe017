import type { LogCache } from '../cache/log-cache.ts';
import type { CacheEntry } from '../contract/cache-entry.ts';
import type { CommandCall } from './command.ts';
import { openReader, warningsOf } from './store-directory.ts';

/** This many damaged entries are named; a damaged disk may have thousands. */
const NAMED_MAX = 10;

/** Which entries to read. */
export interface EntrySelection {
  readonly prefix: Uint8Array | undefined;
  readonly reverse?: boolean;
}

/**
 * The entries of a store in key order, and the number of those that are damaged, which are skipped. When a writer replaces the
 * log meanwhile, the cache continues in the new one: each entry is one that the store had while this ran.
 */
export class ListedEntries {
  readonly #selection: EntrySelection;
  readonly #cache: LogCache;
  /** Number of entries when the store was opened. */
  readonly size: number;
  damaged = 0;

  /** Throws `CommandFailure` and `StoreError`. */
  constructor(call: CommandCall, selection: EntrySelection) {
    this.#selection = selection;
    const warn = warningsOf(call);
    this.#cache = openReader(call, (event) => {
      if (event.type !== 'entry-damaged' || this.damaged < NAMED_MAX) warn(event);
      if (event.type === 'entry-damaged') this.damaged += 1;
    });
    this.size = this.#cache.size;
    this.damaged += this.#cache.stats().recovery.entriesLost;
  }

  *read(): Generator<readonly [Uint8Array, CacheEntry]> {
    const { prefix, reverse = false } = this.#selection;
    try {
      yield* this.#cache.entries(prefix === undefined ? { reverse } : { prefix, reverse });
    } finally {
      this.#cache.close();
    }
  }
}
