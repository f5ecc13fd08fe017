import { kindOf } from '../base/argument.ts';

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
