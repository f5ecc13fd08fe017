import type { StoreError } from '../base/store-error.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';

/** What a store tells `onEvent` of: nothing of it stops the store, all of it is worth a line in a log. */
export type StoreEvent =
  /** The store was not closed by its last writer, or was damaged: what opening found and did. */
  | { readonly type: 'recovered'; readonly report: RecoveryReport }
  /** An entry failed its checksums when it was read and is forgotten. */
  | { readonly type: 'entry-damaged'; readonly key: Uint8Array; readonly generation: number; readonly offset: number }
  | { readonly type: 'compaction-started'; readonly generation: number; readonly logBytes: number }
  | { readonly type: 'compaction-finished'; readonly generation: number; readonly logBytes: number }
  /** The store goes on with the generation it had; a later write starts another compaction. */
  | { readonly type: 'compaction-abandoned'; readonly generation: number; readonly error: unknown }
  /** A write or sync that no call waited for failed; the next mutation or sync throws this error. */
  | { readonly type: 'background-write-failed'; readonly error: StoreError }
  /** Writing is over for this instance; see `POISONED`. */
  | { readonly type: 'poisoned'; readonly error: StoreError }
  /** The lock of a process that is gone was taken over. */
  | { readonly type: 'lock-taken-over'; readonly from: string }
  /** An old file could not be removed or an image not be written; the store does not need it. */
  | { readonly type: 'housekeeping-failed'; readonly error: unknown };

/**
 * Called within the operation that caused the event, so it should be short. What it throws surfaces as an uncaught
 * exception and not from that operation.
 */
export type StoreEventHandler = (event: StoreEvent) => void;
