import { assertFunction, kindOf } from '../base/argument.ts';
import { assertOptions } from '../base/options.ts';
import type { WantedEntry } from '../contract/cache-reading.ts';

/** How old a projected state may be. */
export type Freshness =
  | {
      /** The state includes the newest relevant event of the event log. */
      readonly kind: 'consistent';
    }
  | {
      /** A state cached less than `maxStaleMs` milliseconds ago is returned without reading the event log. */
      readonly kind: 'bestEffort';
      /** The maximum age in milliseconds: an integer from 0 to 2^53 - 1. */
      readonly maxStaleMs: number;
    }
  | {
      /** A cached state that includes the events up to `watermark` is returned without reading the head. */
      readonly kind: 'atLeast';
      /** A sequence, such as that of your own newest event; u64. */
      readonly watermark: bigint;
    };

/** How old the state that a call returns may be; default of all calls: `Freshness.consistent`. */
export const Freshness: {
  /** The state includes the newest relevant event of the event log, whose head is read by every call. */
  readonly consistent: Freshness;
  /**
   * A state cached less than `maxStaleMs` milliseconds ago is returned without reading the event log. An older one is brought
   * up to the head. Throws `RangeError` unless `maxStaleMs` is an integer from 0 to 2^53 - 1.
   */
  bestEffort(options: { readonly maxStaleMs: number }): Freshness;
  /**
   * A cached state whose watermark is `watermark` or above is returned without reading the head, so that a caller sees its own
   * write. Otherwise the call is like a consistent one. In particular, if the head is below `watermark`, the state at the head
   * is returned: the event at `watermark` may be of another kind, or the event log may not show it yet; compare the
   * watermark of the result. Throws `TypeError` unless `watermark` is a bigint, `RangeError` unless it is a u64.
   */
  atLeast(options: { readonly watermark: bigint }): Freshness;
} = {
  consistent: { kind: 'consistent' },
  bestEffort: (options) => {
    assertOptions(options, 'options of Freshness.bestEffort', ['maxStaleMs']);
    const { maxStaleMs } = options;
    const freshness: Freshness = { kind: 'bestEffort', maxStaleMs };
    assertFreshness(freshness);
    return freshness;
  },
  atLeast: (options) => {
    assertOptions(options, 'options of Freshness.atLeast', ['watermark']);
    const { watermark } = options;
    const freshness: Freshness = { kind: 'atLeast', watermark };
    assertFreshness(freshness);
    return freshness;
  },
};

const WATERMARK_MAX: bigint = 2n ** 64n - 1n;

const US_PER_MS = 1000n;
/** Seconds and milliseconds of the years 2001 to 5138 are in this range. Clocks of tests that start near 0 are not. */
const COARSER_UNITS: { readonly from: bigint; readonly to: bigint } = { from: 10n ** 9n, to: 10n ** 14n };
/** Nanoseconds of the years after 1973 are above it. */
const PLAUSIBLE_MAX_US: bigint = 10n ** 17n;

/**
 * Throws `TypeError` for an invalid freshness, `RangeError` unless `maxStaleMs` is a safe non-negative integer, or `watermark`
 * a u64.
 */
export function assertFreshness(freshness: Freshness): void {
  if (freshness?.kind === 'consistent') return;
  if (freshness?.kind === 'atLeast') {
    assertWatermark(freshness.watermark);
    return;
  }
  if (freshness?.kind !== 'bestEffort') {
    const got = kindOf(freshness);
    throw new TypeError(
      `freshness must be Freshness.consistent, Freshness.bestEffort({ maxStaleMs }) or Freshness.atLeast({ watermark }); got ${got}`,
    );
  }
  const { maxStaleMs } = freshness;
  if (!Number.isSafeInteger(maxStaleMs) || maxStaleMs < 0) {
    throw new RangeError(`maxStaleMs must be a safe non-negative integer, not ${String(maxStaleMs)}`);
  }
}

function assertWatermark(watermark: bigint): void {
  if (typeof watermark !== 'bigint') throw new TypeError(`watermark must be a bigint; got ${kindOf(watermark)}`);
  if (watermark < 0n || watermark > WATERMARK_MAX) throw new RangeError(`watermark must be a u64, not ${watermark}`);
}

/** Whether a cached state may be used at `nowUs` without reading the head. */
export function needsNoHead(
  freshness: Freshness,
  cached: { readonly watermark: bigint; readonly cachedAtUs: bigint },
  nowUs: bigint,
): boolean {
  if (freshness.kind === 'atLeast') return cached.watermark >= freshness.watermark;
  return isWithinWindow(freshness, cached.cachedAtUs, nowUs);
}

/**
 * Whether a state that was the newest at `cachedAtUs` may be used at `nowUs` without reading the head. A negative age, after
 * the clock stepped back, is stale: the true age is unknown.
 */
export function isWithinWindow(freshness: Freshness, cachedAtUs: bigint, nowUs: bigint): boolean {
  if (freshness.kind !== 'bestEffort') return false;
  const ageUs = nowUs - cachedAtUs;
  return ageUs >= 0n && ageUs < BigInt(freshness.maxStaleMs) * US_PER_MS;
}

/** The cached state that suffices at `nowUs` without reading the head; `undefined`: any one may, after the head was read. */
export function wantedEntry(freshness: Freshness, nowUs: bigint): WantedEntry | undefined {
  if (freshness.kind === 'atLeast') return { watermark: freshness.watermark };
  if (freshness.kind !== 'bestEffort') return undefined;
  return { cachedAtUs: nowUs - BigInt(freshness.maxStaleMs) * US_PER_MS + 1n };
}

/** A time that no freshness accepts, for a partly folded state: it was never the newest one. */
export const NEVER_FRESH_US: bigint = -(2n ** 63n);

/** The age of a cached state in microseconds; `undefined` for a partly folded state, which has none. */
export function ageOf(cachedAtUs: bigint, nowUs: bigint): bigint | undefined {
  return cachedAtUs === NEVER_FRESH_US ? undefined : nowUs - cachedAtUs;
}

export function wallClock(): bigint {
  return BigInt(Date.now()) * US_PER_MS;
}

/**
 * The clock, with its type checked at each call. Throws `TypeError` or `RangeError` if it uses another unit: otherwise each
 * `put` would fail, or states would always be fresh. Later values are not checked, as a clock may step to any time.
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
