import type { ContentChange, DiskState, EntryChange } from './disk-state.ts';

/** The content of a part of a write after a crash. */
export type PartState =
  /** The written bytes. */
  | 'new'
  /** The previous bytes: the write did not reach the disk. */
  | 'old'
  /** The file has the new length, and zeros where it grew. */
  | 'zeros'
  /** The file has the new length, and old contents of another file where it grew. */
  | 'stale';

/**
 * The result of a crash for one part: its first `at` bytes are in state `first`, the others in state `rest`. For
 * truncations, creations and removals `first` says whether they happened: `new` or `old`.
 */
export interface CrashOutcome {
  readonly first: PartState;
  readonly at: number;
  readonly rest: PartState;
}

export const KEPT: CrashOutcome = { first: 'new', at: Number.MAX_SAFE_INTEGER, rest: 'new' };
export const LOST: CrashOutcome = { first: 'old', at: Number.MAX_SAFE_INTEGER, rest: 'old' };
export const ZEROED: CrashOutcome = { first: 'zeros', at: Number.MAX_SAFE_INTEGER, rest: 'zeros' };
export const STALE: CrashOutcome = { first: 'stale', at: Number.MAX_SAFE_INTEGER, rest: 'stale' };

/** A unit that a crash keeps or loses independently: the part of a write within one sector, or one other change. */
export interface PendingPart {
  /** The index of its change in the journal. */
  readonly number: number;
  /** The number of its file; 0 for a change of a directory. */
  readonly file: number;
  readonly change: ContentChange | EntryChange;
  /** Whether it is durable, so that every crash keeps it. */
  readonly certain: boolean;
  /** Whether it lies beyond the durable end of the file, so that the file may grow without the data. */
  readonly grows: boolean;
}

/**
 * The parts of all pending changes, in the order of the journal. Writes are split at multiples of `sectorBytes`. Files
 * that no name can lead to any more are left out.
 */
export function pendingParts(disk: DiskState, sectorBytes: number): PendingPart[] {
  const parts: PendingPart[] = [];
  const reachable = disk.reachable();
  for (const [file, { durable, pending }] of disk.files) {
    if (!reachable.has(file)) continue;
    for (const { number, change, status } of pending) {
      const certain = status === 'durable';
      if (change.kind === 'truncate') {
        parts.push({ number, file, change, certain, grows: false });
        continue;
      }
      for (const part of sectorsOf(change, sectorBytes)) {
        const grows = part.position + part.bytes.length > durable.length;
        parts.push({ number, file, change: part, certain, grows });
      }
    }
  }
  for (const { pending } of disk.directories.values()) {
    for (const { number, change } of pending) parts.push({ number, file: 0, change, certain: false, grows: false });
  }
  return parts.sort((a, b) => a.number - b.number);
}

type Write = Extract<ContentChange, { kind: 'write' }>;

function sectorsOf(write: Write, sectorBytes: number): Write[] {
  const end = write.position + write.bytes.length;
  const parts: Write[] = [];
  for (let from = write.position; from < end; ) {
    const to = Math.min(end, (Math.floor(from / sectorBytes) + 1) * sectorBytes);
    const bytes = write.bytes.subarray(from - write.position, to - write.position);
    parts.push({ ...write, position: from, bytes });
    from = to;
  }
  return parts;
}

/** Describes a part and its outcome for people. */
export function describeOutcome({ number, file, change }: PendingPart, outcome: CrashOutcome): string {
  const verdict =
    outcome.at >= Number.MAX_SAFE_INTEGER
      ? outcome.first
      : `${outcome.first} up to ${outcome.at}, then ${outcome.rest}`;
  const at = `change ${number}`;
  switch (change.kind) {
    case 'write':
      return `${at}: write of ${change.bytes.length} bytes at ${change.position} of file ${file}: ${verdict}`;
    case 'truncate':
      return `${at}: file ${file} truncated to ${change.size}: ${verdict}`;
    default:
      return `${at}: ${change.kind} of ${change.name}: ${verdict}`;
  }
}
