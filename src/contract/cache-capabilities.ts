/** What a cache can do beyond the verbs of the contract. Two caches with the same capabilities compare deeply equal. */
export interface CacheCapabilities {
  /** `prefetch` starts reading instead of doing nothing. */
  readonly supportsPrefetch: boolean;
  /** The cache keeps nothing: every `get` is a miss, so callers may skip encoding what they would put. */
  readonly isNoop: boolean;
}

/** Capabilities by name, a new object each. */
export const CacheCapabilities: {
  /** A cache that stores and finds, and nothing beyond. */
  none(): CacheCapabilities;
  /** A cache whose `prefetch` does something. */
  prefetchHints(): CacheCapabilities;
} = {
  none: () => ({ supportsPrefetch: false, isNoop: false }),
  prefetchHints: () => ({ supportsPrefetch: true, isNoop: false }),
};
