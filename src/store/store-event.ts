import type { StoreError } from '../base/store-error.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';

/** What `onEvent` is called with. No event stops the store; each is worth a line in a log. */
export type StoreEvent =
  /** The last writer did not close the store, or its log was damaged: what opening found and did. */
  | { readonly type: 'recovered'; readonly report: RecoveryReport }
  /** An entry failed its checksums when it was read; it is forgotten. */
  | { readonly type: 'entry-damaged'; readonly key: Uint8Array; readonly generation: number; readonly offset: number }
  | { readonly type: 'compaction-started'; readonly generation: number; readonly logBytes: number }
  | { readonly type: 'compaction-finished'; readonly generation: number; readonly logBytes: number }
  /** A compaction failed. The store continues with the generation it had; a later write starts another compaction. */
  | { readonly type: 'compaction-abandoned'; readonly generation: number; readonly error: unknown }
  /** A write or sync in the background failed. The next mutation, sync or `close` throws this error. */
  | { readonly type: 'background-write-failed'; readonly error: StoreError }
  /** This instance no longer writes; see `POISONED`. */
  | { readonly type: 'poisoned'; readonly error: StoreError }
  /** The lock of a process that no longer exists was taken over. */
  | { readonly type: 'lock-taken-over'; readonly from: string }
  /** An old file could not be removed, or an index image could not be written or read. The store does not need it. */
  | { readonly type: 'housekeeping-failed'; readonly error: unknown };

/**
 * Called within the operation that causes the event, so it should return soon. An error it throws surfaces as an
 * uncaught exception, not from that operation.
 */
export type StoreEventHandler = (event: StoreEvent) => void;
