/**
 * Folded state of events, cached in one append-only file: a value under a key, with the sequence of the newest event in it
 * (the watermark) and when it was cached.
 *
 * @example
 * ```ts
 * import { LogCache } from 'projection-cache';
 *
 * const cache = LogCache.open('projections');
 * const state = new TextEncoder().encode('{"total":129}');
 * cache.put('order:507', state, { watermark: 1042n, cachedAtUs: BigInt(Date.now()) * 1000n });
 * cache.sync(); // from here on it survives any crash
 *
 * const cached = cache.get('order:507');
 * console.log(cached?.meta.watermark); // 1042n
 * console.log(cache.deletePrefix('order:')); // 1
 * cache.close();
 * ```
 *
 * @module projection-cache
 */

export { prefixSuccessor } from './base/prefix-successor.ts';
export { StoreError, type StoreErrorCode, type StoreErrorOptions } from './base/store-error.ts';
export type { KeyInput, KeyRange } from './cache/key-range.ts';
export { LogCache, type LogCacheOptions } from './cache/log-cache.ts';
export { StandbyCache, type StandbyCacheOptions } from './cache/standby-cache.ts';
export { CacheCapabilities } from './contract/cache-capabilities.ts';
export type { CacheEntry, CacheMeta } from './contract/cache-entry.ts';
export { decodeFromBytes, encodeWithValue } from './contract/cache-entry-codec.ts';
export { NoCache } from './contract/no-cache.ts';
export type { AsyncProjectionCache, ProjectionCache } from './contract/projection-cache.ts';
export {
  type AsyncCallOptions,
  type AsyncProjectOptions,
  AsyncProjector,
  type AsyncProjectorOptions,
} from './projection/async-projector.ts';
export type { CacheDeadlineOptions, StartTimer } from './projection/cache-deadline.ts';
export type { CacheFailureEvent } from './projection/cache-failures.ts';
export type { CachedProjection } from './projection/cached-projection.ts';
export {
  defineProjection,
  type EventKind,
  type EventOfKind,
  type ProjectionDefinition,
} from './projection/defined-projection.ts';
export type { AsyncEventReader, EventReader, ReadOptions, RecordedEvent } from './projection/event-reader.ts';
export { Freshness } from './projection/freshness.ts';
export { type JsonCodecOptions, jsonCodec } from './projection/json-codec.ts';
export type { Projection, StateCodec } from './projection/projection.ts';
export {
  type ProjectionKeyParts,
  parseProjectionKey,
  projectionKey,
  streamPrefix,
} from './projection/projection-key.ts';
export type {
  CacheFailure,
  ProjectionOutcome,
  ProjectionReport,
  ProjectionResult,
  Refusal,
  ShadowVerdict,
  WatermarkedState,
} from './projection/projection-report.ts';
export { Projector, type ProjectorOptions } from './projection/projector.ts';
export type { ProjectorStats } from './projection/projector-counters.ts';
export type { ProjectOptions, ProjectorSettings } from './projection/projector-options.ts';
export type { ReplayBudget } from './projection/replay-budget.ts';
export type { PhaseDurations } from './projection/stopwatch.ts';
export type { WarmOptions, WarmProgress, WarmReport } from './projection/warm-up.ts';
export { MemoryStorage } from './storage/memory-storage.ts';
export type {
  LockTerms,
  StorageBackend,
  StorageDirectory,
  StorageFile,
  StorageLock,
} from './storage/storage-backend.ts';
export type { BackupOptions, BackupReport } from './store/backup/backup.ts';
export type { Progress } from './store/compaction.ts';
export type { StepOptions } from './store/compaction-scheduler.ts';
export type { Durability } from './store/log-store-options.ts';
export type { DamagedRun, RecoveryReport } from './store/recovery/recovery-report.ts';
export type { StoreEvent, StoreEventHandler } from './store/store-event.ts';
export type { LogCacheStats, StoreCounters } from './store/store-stats.ts';
export type { VerifyReport } from './store/verification.ts';
