/**
 * Projections of events, cached: what a cache stores under a key is a folded value and its meta, the sequence of the
 * newest event in it (the watermark) and when it was cached.
 *
 * @example
 * ```ts
 * import { decodeFromBytes, encodeWithValue } from 'projection-cache';
 *
 * const orderTotal = new TextEncoder().encode('{"total":129}');
 * const bytes = encodeWithValue(orderTotal, { watermark: 507n, cachedAtUs: 1_700_000_000_000_000n });
 * const { value, meta } = decodeFromBytes(bytes);
 * console.log(new TextDecoder().decode(value), meta.watermark); // {"total":129} 507n
 * ```
 *
 * @module
 */
export { prefixSuccessor } from './base/prefix-successor.ts';
export { StoreError, type StoreErrorCode } from './base/store-error.ts';
export { CacheCapabilities } from './contract/cache-capabilities.ts';
export type { CacheEntry, CacheMeta } from './contract/cache-entry.ts';
export { decodeFromBytes, encodeWithValue } from './contract/cache-entry-codec.ts';
export { NoCache } from './contract/no-cache.ts';
export type { AsyncProjectionCache, ProjectionCache } from './contract/projection-cache.ts';
