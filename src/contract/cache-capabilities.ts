/** What a cache can do beyond the required methods of `ProjectionCache`. */
export interface CacheCapabilities {
  /** Whether `prefetch` starts to read the entry. */
  readonly supportsPrefetch: boolean;
  /** Whether the cache stores nothing: every `get` is a miss, so that callers need not encode values for it. */
  readonly isNoop: boolean;
}

/** Common capabilities. Each call returns a new object. */
export const CacheCapabilities: {
  /** A cache with the required methods only. */
  none(): CacheCapabilities;
  /** A cache that also supports `prefetch`. */
  prefetchHints(): CacheCapabilities;
} = {
  none: () => ({ supportsPrefetch: false, isNoop: false }),
  prefetchHints: () => ({ supportsPrefetch: true, isNoop: false }),
};
