import { kindOf } from '../base/argument.ts';
import type { Later } from '../base/background-timer.ts';
import { assertOptions } from '../base/options.ts';
import { defaultPageCacheBytes } from '../log/page-pool.ts';
import { PAGE_BYTES } from '../log/record-memory.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import type { StoreEventHandler } from './store-event.ts';

/**
 * When a mutation is durable: when the next `sync` returns (`'on-sync'`), or when the mutation returns (`'on-put'`).
 */
export type Durability = 'on-sync' | 'on-put';

export interface LogStoreOptions {
  /**
   * When a mutation is durable: `'on-sync'`, when the next `sync` returns, or `'on-put'`, when the mutation itself
   * returns. Default: `'on-sync'`.
   */
  readonly durability?: Durability;
  /**
   * Also sync in the background, at intervals of this many milliseconds. The timer never keeps the process alive. An
   * integer from 1 to 2,147,483,647. Default: no background syncs.
   */
  readonly syncEveryMs?: number;
  /**
   * The most bytes of the log that are kept in memory; an integer of at least 524,288. Default: a sixteenth of the memory that
   * the process may use (`process.constrainedMemory` and `availableMemory`), from 8,388,608 (8 MiB) to 67,108,864 (64 MiB).
   */
  readonly pageCacheBytes?: number;
  /**
   * The most bytes that the records of all entries may take (`stats().liveBytes`); an integer of at least 1. A put that
   * exceeds it evicts other entries, first those that `get` found least often. A single entry or batch above it throws
   * `TOO_LARGE`. Default: no bound.
   */
  readonly maxBytes?: number;
  /**
   * Read the rest of the index image in the background after opening, off the event loop, so that the first deletion or scan
   * need not wait for it. Lookups and puts do not: a lookup reads the pieces it needs, and after 64 lookups for each 16 KiB of the image
   * one reads the rest; the first 1,024 puts read nothing and the next 3,072 a share each, but near `maxBytes` one reads all.
   * Set it to `false` for a process that opens the cache for a few of them. Default: `true`.
   */
  readonly preloadIndex?: boolean;
  /**
   * Write an image of the index, in small steps, after so many bytes of log, so that opening after a kill replays no more than
   * about that. The less it is, the more of the time of puts is spent on images. An integer; 0: only when the cache is
   * closed or compacted. Default: 8,388,608 (8 MiB), or the size of the index in memory if that is more and the images would
   * take more than 4 MB a second.
   */
  readonly imageEveryBytes?: number;
  /**
   * Open without a lock and write nothing. The reader sees what the writer had made durable when it was opened, or when it
   * last called `refresh`. Default: `false`.
   */
  readonly readOnly?: boolean;
  /**
   * With `readOnly`: also `refresh` in the background, at intervals of this many milliseconds. The timer never keeps the
   * process alive. An integer from 1 to 2,147,483,647. Default: no background refreshes.
   */
  readonly refreshEveryMs?: number;
  /**
   * How long opening waits for the lock while another process holds it, in milliseconds: the new process of a deploy waits
   * until the old one has closed the store. `open` blocks the thread, `openAsync` does not. An integer from 0 to
   * 2,147,483,647. Default: 0; with `lock`, two leases.
   */
  readonly waitForLockMs?: number;
  /**
   * Take the lock with a lease: this process renews it while it runs, and another process may take over a lock that was
   * not renewed for `leaseMs` milliseconds. For containers, whose end no process outside can detect. An integer
   * from 100 to 2,147,483,647; choose it longer than any pause of the process, such as 10,000. Default: no lease, so that
   * a lock is only taken over from a process that is provably gone.
   */
  readonly lock?: {
    /** The lease in milliseconds, an integer from 100 to 2,147,483,647. */
    readonly leaseMs: number;
  };
  /** Called with recovery, damage, compactions, failures in the background and changes of the lock. Default: none. */
  readonly onEvent?: StoreEventHandler;
}

/** The platform of a store, which tests replace. */
export interface LogStoreEnvironment {
  readonly storage: StorageBackend;
  /** Uniform, unpredictable integers from 0 to 2^32 - 1. Default: `platformRandom`. */
  readonly random?: () => number;
  /** Runs a task at the end of the current turn of the event loop. */
  readonly defer?: (task: () => void) => void;
  /** Runs background work after a delay. Default: on a timer that does not keep the process alive. */
  readonly later?: Later;
}

const PAGE_CACHE_BYTES_MIN: number = 8 * PAGE_BYTES;
/** Longer delays overflow the platform's timers. */
const DELAY_MS_MAX: number = 2 ** 31 - 1;
/** A lease must be longer than the granularity of clocks and timers. */
const LEASE_MS_MIN = 100;
/** The most appended bytes that wait in memory; enough that the disk limits writes, not the calls. */
const WRITE_BUFFER_BYTES_MAX: number = 1024 * 1024;

/** Valid options, with defaults filled in. */
export interface StoreSettings {
  readonly durability: Durability;
  readonly syncEveryMs: number | undefined;
  readonly pageCacheBytes: number;
  readonly maxBytes: number | undefined;
  readonly writeBufferBytes: number;
  readonly preloadIndex: boolean;
  readonly imageEveryBytes: number | undefined;
  readonly readOnly: boolean;
  readonly refreshEveryMs: number | undefined;
  readonly waitForLockMs: number;
  readonly leaseMs: number | undefined;
  readonly onEvent: StoreEventHandler | undefined;
}

/** The range of each option that is an integer. */
const RANGES = {
  pageCacheBytes: [PAGE_CACHE_BYTES_MIN, Number.MAX_SAFE_INTEGER],
  syncEveryMs: [1, DELAY_MS_MAX],
  maxBytes: [1, Number.MAX_SAFE_INTEGER],
  imageEveryBytes: [0, Number.MAX_SAFE_INTEGER],
  refreshEveryMs: [1, DELAY_MS_MAX],
  waitForLockMs: [0, DELAY_MS_MAX],
} as const;

/** The settings of options whose names and types were checked. Throws `TypeError` or `RangeError`, which names the option and its range. */
export function settingsOf(options: LogStoreOptions): StoreSettings {
  for (const [name, range] of Object.entries(RANGES)) {
    const value = options[name as keyof typeof RANGES];
    if (value !== undefined) assertInteger(name, value, range);
  }
  const { durability = 'on-sync', syncEveryMs, maxBytes, refreshEveryMs, imageEveryBytes, onEvent } = options;
  const { readOnly = false, preloadIndex = true, pageCacheBytes = defaultPageCacheBytes() } = options;
  if (durability !== 'on-sync' && durability !== 'on-put') {
    throw new RangeError(`durability must be 'on-sync' or 'on-put', not ${String(durability)}`);
  }
  if (refreshEveryMs !== undefined && !readOnly) {
    throw new TypeError('refreshEveryMs is for `readOnly: true`');
  }
  const writeBufferBytes = Math.min(WRITE_BUFFER_BYTES_MAX, Math.floor(pageCacheBytes / 4));
  const leaseMs = leaseOf(options.lock);
  const waitForLockMs = options.waitForLockMs ?? Math.min(2 * (leaseMs ?? 0), DELAY_MS_MAX);
  const indexing = { preloadIndex, imageEveryBytes };
  const reading = { readOnly, refreshEveryMs };
  const writing = { durability, syncEveryMs, maxBytes, writeBufferBytes, waitForLockMs, leaseMs };
  return { pageCacheBytes, onEvent, ...indexing, ...reading, ...writing };
}

function leaseOf(lock: LogStoreOptions['lock']): number | undefined {
  if (lock === undefined) return undefined;
  assertOptions(lock, 'options of lock', ['leaseMs']);
  assertInteger('lock.leaseMs', lock.leaseMs, [LEASE_MS_MIN, DELAY_MS_MAX]);
  return lock.leaseMs;
}

function assertInteger(name: string, value: unknown, [min, max]: readonly [min: number, max: number]): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number; got ${kindOf(value)}`);
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, not ${value}`);
  }
}
