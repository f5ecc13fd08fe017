import type { LogCache } from '../cache/log-cache.ts';
import type { CacheEntry } from '../contract/cache-entry.ts';
import type { CommandCall } from './command.ts';
import { isReplaced, openReader, warningsOf } from './store-directory.ts';

/** This many damaged entries are named; a damaged disk may have thousands. */
const NAMED_MAX = 10;

/** Which entries to read. */
export interface EntrySelection {
  readonly prefix: Uint8Array | undefined;
  readonly reverse?: boolean;
}

/**
 * The entries of a store in key order, beside a writer too. When the writer replaces the log, the entries that were not read
 * yet are those of the new log: each is an entry that the store had while this ran.
 */
export class SteadyEntries {
  readonly #call: CommandCall;
  readonly #selection: EntrySelection;
  /** Number of entries when the store was opened. */
  readonly size: number;
  /** Number of damaged entries so far, which are skipped. */
  damaged = 0;
  #cache: LogCache;
  /** The generation of the first entry that could not be read since the store was opened. */
  #unreadIn: number | undefined;

  /** Throws `CommandFailure` and `StoreError`. */
  constructor(call: CommandCall, selection: EntrySelection) {
    this.#call = call;
    this.#selection = selection;
    this.#cache = this.#open();
    this.size = this.#cache.size;
    this.damaged = this.#cache.stats().recovery.entriesLost;
  }

  *read(): Generator<readonly [Uint8Array, CacheEntry]> {
    let last: Uint8Array | undefined;
    try {
      for (let isDone = false; !isDone; ) {
        isDone = true;
        for (const entry of this.#cache.entries(this.#rangeAfter(last))) {
          if (this.#mustOpenAgain()) {
            isDone = false;
            break;
          }
          yield entry;
          last = entry[0];
        }
        isDone &&= !this.#mustOpenAgain();
        if (!isDone) this.#openAgain();
      }
    } finally {
      this.#cache.close();
    }
  }

  #rangeAfter(last: Uint8Array | undefined): Parameters<LogCache['entries']>[0] {
    const { prefix, reverse = false } = this.#selection;
    const bound = last === undefined ? {} : { [reverse ? 'lt' : 'gt']: last };
    return { ...(prefix === undefined ? {} : { prefix }), reverse, ...bound };
  }

  /** Whether the entries that could not be read are in a log that the writer has replaced. Otherwise they are damaged. */
  #mustOpenAgain(): boolean {
    const generation = this.#unreadIn;
    if (generation === undefined) return false;
    if (isReplaced(this.#call, generation)) return true;
    this.damaged += this.#unread.length;
    for (const warn of this.#unread) warn();
    this.#forgetUnread();
    return false;
  }

  #unread: (() => void)[] = [];

  #forgetUnread(): void {
    this.#unread = [];
    this.#unreadIn = undefined;
  }

  #openAgain(): void {
    this.#cache.close();
    this.#forgetUnread();
    this.#cache = this.#open();
  }

  #open(): LogCache {
    const warn = warningsOf(this.#call);
    return openReader(this.#call, (event) => {
      if (event.type !== 'entry-damaged') {
        warn(event);
        return;
      }
      this.#unreadIn ??= event.generation;
      const isNamed = this.damaged + this.#unread.length < NAMED_MAX;
      this.#unread.push(isNamed ? () => warn(event) : () => {});
    });
  }
}
