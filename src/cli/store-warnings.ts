import type { RecoveryReport } from '../store/recovery/recovery-report.ts';
import type { StoreEvent } from '../store/store-event.ts';
import { keyText } from './key-text.ts';

/** The line on standard error for an event of the store; `undefined` for one that needs none. */
export function warningOf(event: StoreEvent): string | undefined {
  switch (event.type) {
    case 'recovered':
      return recoveryWarning(event.report);
    case 'entry-damaged':
      return `the entry ${keyText(event.key)} is damaged, in generation ${event.generation} at ${event.offset}`;
    case 'lock-awaited':
      return `waiting up to ${event.waitMs} ms for the lock. ${event.error.message}`;
    case 'lock-taken-over':
      return `took over the lock of ${event.from}, which is gone`;
    case 'compaction-abandoned':
    case 'housekeeping-failed':
      return `${event.type}: ${event.error instanceof Error ? event.error.message : String(event.error)}`;
    default:
      // The others end in an error of the command, or are in order.
      return undefined;
  }
}

/** What opening found, in one line; `undefined` without damage. */
export function recoveryWarning({ damaged, entriesLost, forgotten }: RecoveryReport): string | undefined {
  if (damaged.length === 0) return undefined;
  const where = damaged.map(({ from, to }) => `${from}-${to}`).join(', ');
  const lost = forgotten ? 'every entry before it is forgotten' : `entries lost: ${entriesLost}`;
  return `the log is damaged at ${where}; ${lost}`;
}
