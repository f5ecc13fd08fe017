/**
 * For testing your own caches and stores. `projectionCacheSuite` registers the tests that every cache passes.
 * `FaultStorage` is a storage that injects faults: it records what a store does to its files, makes any call fail, and
 * `crashStates` generates the states that a crash may leave. Nothing here needs a test runner or a Node module.
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
