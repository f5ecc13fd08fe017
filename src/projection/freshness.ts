import { assertFunction, kindOf } from '../base/argument.ts';

/** How old a projected state may be. */
export type Freshness =
  /** As new as the event log: the newest relevant event is in it. */
  | { readonly kind: 'consistent' }
  /** A state cached less than `maxStaleMs` milliseconds ago is good enough; the event log is then not asked. */
  | { readonly kind: 'bestEffort'; readonly maxStaleMs: number };

/** What a call asks for; the default is `Freshness.consistent`. */
export const Freshness: {
  readonly consistent: Freshness;
  /** Throws `RangeError` where `maxStaleMs` is not a safe non-negative integer. */
  bestEffort(options: { readonly maxStaleMs: number }): Freshness;
} = {
  consistent: { kind: 'consistent' },
  bestEffort: ({ maxStaleMs }) => {
    const freshness: Freshness = { kind: 'bestEffort', maxStaleMs };
    assertFreshness(freshness);
    return freshness;
  },
};

const US_PER_MS = 1000n;
/** Times from 2001 to 5138 are here in seconds or milliseconds. Clocks of tests, which begin near 0, are not. */
const COARSER_UNITS: { readonly from: bigint; readonly to: bigint } = { from: 10n ** 9n, to: 10n ** 14n };
/** Times from 1973 on are above it in nanoseconds. */
const PLAUSIBLE_MAX_US: bigint = 10n ** 17n;

/** Throws `TypeError` for what is no freshness and `RangeError` for a window that is no safe non-negative integer. */
export function assertFreshness(freshness: Freshness): void {
  if (freshness?.kind === 'consistent') return;
  if (freshness?.kind !== 'bestEffort') {
    const got = kindOf(freshness);
    throw new TypeError(`freshness must be Freshness.consistent or Freshness.bestEffort({ maxStaleMs }); got ${got}`);
  }
  const { maxStaleMs } = freshness;
  if (!Number.isSafeInteger(maxStaleMs) || maxStaleMs < 0) {
    throw new RangeError(`maxStaleMs must be a safe non-negative integer, not ${String(maxStaleMs)}`);
  }
}

/**
 * Whether a state cached at `cachedAtUs` may be used at `nowUs` without asking the event log. A negative age, after the
 * clock stepped back, is stale: nothing is known about how old it is.
 */
export function isFreshEnough(freshness: Freshness, cachedAtUs: bigint, nowUs: bigint): boolean {
  if (freshness.kind === 'consistent') return false;
  const ageUs = nowUs - cachedAtUs;
  return ageUs >= 0n && ageUs < BigInt(freshness.maxStaleMs) * US_PER_MS;
}

export function wallClock(): bigint {
  return BigInt(Date.now()) * US_PER_MS;
}

/**
 * Throws `TypeError` or `RangeError` for a clock of another unit, which would otherwise show as a cache that fails each
 * `put`, or as states that are always fresh. Later readings are taken as they come: a clock may step anywhere.
 */
export function checkedClock(clock: () => bigint): () => bigint {
  assertFunction(clock, 'nowUs');
  const nowUs = (): bigint => {
    const timeUs = clock();
    if (typeof timeUs === 'bigint') return timeUs;
    throw new TypeError(`nowUs must return microseconds since the Unix epoch as a bigint; got ${kindOf(timeUs)}`);
  };
  const timeUs = nowUs();
  const isCoarser = timeUs >= COARSER_UNITS.from && timeUs < COARSER_UNITS.to;
  if (!isCoarser && timeUs >= 0n && timeUs < PLAUSIBLE_MAX_US) return nowUs;
  throw new RangeError(`nowUs must return microseconds since the Unix epoch; ${timeUs} looks like another unit`);
}
