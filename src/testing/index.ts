/**
 * For testing caches and stores of your own. `projectionCacheSuite` holds the tests that every cache passes.
 * `FaultStorage` is a storage that fails on purpose: it records what a store does to its files, makes any call fail, and
 * `crashStates` goes through what a crash may leave of them. Nothing here needs a test runner or a module of Node.
 *
 * @module projection-cache/testing
 */

export type { AnyProjectionCache } from './conformance/cache-under-test.ts';
export { type ProjectionCacheSuiteOptions, projectionCacheSuite } from './conformance/projection-cache-suite.ts';
export { type CrashState, type CrashStatesOptions, crashStates, durableImage } from './crash-states.ts';
export type { DiskChange, DiskJournal, SyncLoss } from './disk-change.ts';
export { type DiskImage, EMPTY_DISK, imageDigest, withFile } from './disk-image.ts';
export type { DiskCall, DiskOperation, DiskVerb } from './disk-operation.ts';
export { type Fault, type FaultPlace, type FaultRule, faultAt, firstFault } from './fault-rule.ts';
export { FaultStorage, type FaultStorageOptions } from './fault-storage.ts';
export { seededRandom } from './seeded-random.ts';
