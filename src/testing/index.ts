/**
 * A storage that fails on purpose, for testing stores: it records what a store does to its files, makes any call fail,
 * and goes through the states that a crash may leave.
 *
 * @module
 */

export { type CrashState, type CrashStatesOptions, crashStates, durableImage } from './crash-states.ts';
export type { DiskChange, DiskJournal, SyncLoss } from './disk-change.ts';
export { type DiskImage, EMPTY_DISK, imageDigest, withFile } from './disk-image.ts';
export type { DiskCall, DiskOperation, DiskVerb } from './disk-operation.ts';
export { type Fault, type FaultPlace, type FaultRule, faultAt, firstFault } from './fault-rule.ts';
export { FaultStorage, type FaultStorageOptions } from './fault-storage.ts';
export { seededRandom } from './seeded-random.ts';
