import { assertFunction, isPromise, kindOf } from '../base/argument.ts';
import { assertOptions } from '../base/options.ts';
import type { ProjectionCache, SharedProjectionCache } from '../contract/projection-cache.ts';

/** Options of a `TieredCache`. */
export interface TieredCacheOptions {
  /** The cache of this machine, such as a `LogCache`; only this `TieredCache` may write to it. */
  readonly local: ProjectionCache;
  /** The cache that all machines share, such as a `PostgresCache`. */
  readonly shared: SharedProjectionCache;
  /**
   * For how long local entries are used since it was last known which entries other machines have deleted, in milliseconds; an
   * integer from 0 or `Infinity`, default 1,000. So a deletion takes effect on all machines within this time, however many
   * notifications are lost. A longer time keeps the local entries in use while the shared cache is down. Must be `Infinity` for a
   * shared cache that does not list deletions.
   */
  readonly uncheckedMaxMs?: number;
  /** How long the shared cache is not asked after it has failed, in milliseconds; an integer from 0, default 1,000. */
  readonly retryAfterMs?: number;
  /** Receives failures of either cache that no call rejects with. Default: they are ignored. */
  readonly onFailure?: (error: unknown) => void;
  /** A clock in milliseconds that does not step back; default: `performance.now`. */
  readonly nowMs?: () => number;
}

/** The options, checked. */
export type TieredSettings = Required<Omit<TieredCacheOptions, 'onFailure'>>;

const OPTION_NAMES = ['local', 'shared', 'uncheckedMaxMs', 'retryAfterMs', 'onFailure', 'nowMs'] as const;
const DEFAULT_MS = 1_000;

/** Throws `TypeError` or `RangeError` that names the invalid option. */
export function tieredSettings(options: TieredCacheOptions): TieredSettings {
  assertOptions(options, 'options of TieredCache', OPTION_NAMES);
  const { local, shared, uncheckedMaxMs = DEFAULT_MS, retryAfterMs = DEFAULT_MS } = options;
  const { nowMs = () => performance.now() } = options;
  if (typeof local?.get !== 'function') throw new TypeError(`local must be a cache; got ${kindOf(local)}`);
  if (typeof shared?.readWithEpoch !== 'function') {
    throw new TypeError(`shared must be a SharedProjectionCache, such as a PostgresCache; got ${kindOf(shared)}`);
  }
  assertMs('uncheckedMaxMs', uncheckedMaxMs, Number.POSITIVE_INFINITY);
  assertMs('retryAfterMs', retryAfterMs, Number.MAX_SAFE_INTEGER);
  assertFunction(nowMs, 'nowMs');
  if (shared.deletionsSince === undefined && uncheckedMaxMs !== Number.POSITIVE_INFINITY) {
    throw new TypeError(
      'this shared cache does not list deletions: set uncheckedMaxMs to Infinity if only this process deletes',
    );
  }
  return { local, shared, uncheckedMaxMs, retryAfterMs, nowMs };
}

function assertMs(name: string, ms: number, max: number): void {
  if (ms === max || (Number.isSafeInteger(ms) && ms >= 0)) return;
  throw new RangeError(`${name} must be a safe non-negative integer, not ${String(ms)}`);
}

/** Throws `TypeError` if a cache that must be synchronous answered with a promise. */
export function assertSynchronous(answer: unknown): void {
  if (isPromise(answer)) throw new TypeError('local must be a synchronous cache, such as a LogCache');
}
