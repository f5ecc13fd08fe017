import type { StoreError } from '../base/store-error.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';

/**
 * What `onEvent` is called with. No event stops the store; each is worth a line in a log. docs/events.md says when each comes
 * and what to do.
 */
export type StoreEvent =
  | {
      /** The store is open: everything before this line of a log belongs to opening it. */
      readonly type: 'opened';
      /** Whether it was opened with `readOnly`. */
      readonly readOnly: boolean;
      /** Number of entries; `undefined` if counting them would read all of the index image: call `stats` then. */
      readonly entries: number | undefined;
      /** How long opening took, in milliseconds, with the wait for the lock. */
      readonly durationMs: number;
      /** What opening found: `imageUsed: false` with many `records` is a slow start. */
      readonly report: RecoveryReport;
    }
  | {
      /** The store is closed: by the first call of `close`. */
      readonly type: 'closed';
      /** How long closing took, in milliseconds, with its last sync. */
      readonly durationMs: number;
      /** The error that `close` throws; `undefined` if it succeeds. */
      readonly error: StoreError | undefined;
    }
  | {
      /** The last writer ended without `close`, or the log was damaged: `clean` in the report is `false`. */
      readonly type: 'recovered';
      /** What opening found and did. */
      readonly report: RecoveryReport;
    }
  | {
      /** Damaged bytes were copied to a file, for whoever wants to examine them. The store never reads it. */
      readonly type: 'quarantined';
      /** The name of the file in the directory of the store. */
      readonly file: string;
      /** Its length in bytes, at most 16 MiB. */
      readonly bytes: number;
    }
  | {
      /** An entry failed its checksums when it was read; it is forgotten. */
      readonly type: 'entry-damaged';
      /** The key of the entry. */
      readonly key: Uint8Array;
      /** The generation whose log holds the damaged record. */
      readonly generation: number;
      /** The byte offset of the record in that log. */
      readonly offset: number;
    }
  | {
      /** A compaction started; it proceeds with later writes. */
      readonly type: 'compaction-started';
      /** The new generation, which is built. */
      readonly generation: number;
      /** The bytes of the current log, which is compacted. */
      readonly logBytes: number;
    }
  | {
      /** A compaction ended. */
      readonly type: 'compaction-finished';
      /** The new generation. */
      readonly generation: number;
      /** The bytes of its log. */
      readonly logBytes: number;
    }
  | {
      /** A compaction failed. The store continues with the generation it had; a later write starts another compaction. */
      readonly type: 'compaction-abandoned';
      /** The generation that was being built. */
      readonly generation: number;
      /** Why the compaction failed. */
      readonly error: unknown;
    }
  | {
      /** A write or sync in the background failed. */
      readonly type: 'background-write-failed';
      /** The error that the next mutation, sync or `close` throws. */
      readonly error: StoreError;
    }
  | {
      /** The log was written again after `background-write-failed`, with everything that had waited in memory. */
      readonly type: 'background-writes-resumed';
      /** How many writes or syncs in the background had failed. */
      readonly failures: number;
    }
  | {
      /** This instance no longer writes; see `POISONED`. */
      readonly type: 'poisoned';
      /** The error that every later write throws. */
      readonly error: StoreError;
    }
  | {
      /** Another process holds the lock, and opening waits for it. */
      readonly type: 'lock-awaited';
      /** How long it waits at most, in milliseconds. */
      readonly waitMs: number;
      /** The `LOCKED` that opening throws if the lock does not become free; its message names the owner. */
      readonly error: StoreError;
    }
  | {
      /**
       * The lock of a process that no longer exists, or whose lease has ended, was taken over; `recovered` follows when the
       * store is open.
       */
      readonly type: 'lock-taken-over';
      /** The previous owner, as text for people: process, host and time. */
      readonly from: string;
    }
  | {
      /**
       * The lease was renewed so late that another process could have taken the lock over soon: this process was paused for
       * more than half of it.
       */
      readonly type: 'lease-renewed-late';
      /** The lease, in milliseconds. */
      readonly leaseMs: number;
      /** How old the last renewal was, in milliseconds. */
      readonly ageMs: number;
    }
  | {
      /** A read-only cache has read what its writer had made durable since it last looked. */
      readonly type: 'refreshed';
      /** The generation that it reads now. */
      readonly generation: number;
      /** Number of records that it read. */
      readonly records: number;
      /** Whether the writer had replaced the log, so that all of the new one was read. */
      readonly replaced: boolean;
    }
  | {
      /** A refresh in the background failed. The read-only cache keeps what it had, or is empty; the next refresh tries again. */
      readonly type: 'refresh-failed';
      /** The error that `refresh` would throw. */
      readonly error: StoreError;
    }
  | {
      /** An old file could not be removed, or an index image could not be written or read. The store does not need it. */
      readonly type: 'housekeeping-failed';
      /** The error of the storage. */
      readonly error: unknown;
    };

/**
 * Called within the operation that causes the event, so it should return soon. An error it throws does not
 * affect that operation: the first one is reported as a process warning. `JSON.stringify` writes an event with its error, and
 * a key as hexadecimal digits.
 */
export type StoreEventHandler = (event: StoreEvent) => void;
