import type { ContentChange, DiskMoment, EntryChange } from './disk-moment.ts';

/** What a part of a write holds after a crash. */
export type Remains =
  /** What was written. */
  | 'new'
  /** What was there before: the write never reached the disk. */
  | 'old'
  /** The file is as long as if it had been written, and where it grew there are zeros. */
  | 'zeros'
  /** The same with old contents of another file. */
  | 'stale';

/**
 * What a crash makes of one piece: its first `at` bytes are `head`, the others `tail`. Of truncations, creations and
 * removals `head` says whether they happened: `new` or `old`.
 */
export interface Fate {
  readonly head: Remains;
  readonly at: number;
  readonly tail: Remains;
}

export const KEPT: Fate = { head: 'new', at: Number.MAX_SAFE_INTEGER, tail: 'new' };
export const LOST: Fate = { head: 'old', at: Number.MAX_SAFE_INTEGER, tail: 'old' };
export const ZEROED: Fate = { head: 'zeros', at: Number.MAX_SAFE_INTEGER, tail: 'zeros' };
export const STALE: Fate = { head: 'stale', at: Number.MAX_SAFE_INTEGER, tail: 'stale' };

/** What reaches the disk or not by itself: a part of a write within one sector, or one other change. */
export interface CrashPiece {
  /** The place of its change in the journal. */
  readonly number: number;
  /** The file it belongs to; 0 for a change of a directory. */
  readonly file: number;
  readonly change: ContentChange | EntryChange;
  /** It was made durable, or is the part of what must be applied in order with what is not. */
  readonly certain: boolean;
  /** Whether it lies beyond the durable end of the file, so that the file may grow without it. */
  readonly grows: boolean;
}

/**
 * The pieces of everything pending at a moment, in the order of the journal; writes are cut at multiples of `sectorBytes`.
 * Files that no name can lead to any more are left out.
 */
export function crashPieces(moment: DiskMoment, sectorBytes: number): CrashPiece[] {
  const pieces: CrashPiece[] = [];
  const reachable = moment.reachable();
  for (const [file, { durable, pending }] of moment.files) {
    if (!reachable.has(file)) continue;
    for (const { number, change, status } of pending) {
      const certain = status === 'durable';
      if (change.kind === 'truncate') {
        pieces.push({ number, file, change, certain, grows: false });
        continue;
      }
      for (const part of sectorsOf(change, sectorBytes)) {
        const grows = part.position + part.bytes.length > durable.length;
        pieces.push({ number, file, change: part, certain, grows });
      }
    }
  }
  for (const { pending } of moment.directories.values()) {
    for (const { number, change } of pending) pieces.push({ number, file: 0, change, certain: false, grows: false });
  }
  return pieces.sort((a, b) => a.number - b.number);
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

/** A piece and its fate, for people. */
export function describeFate({ number, file, change }: CrashPiece, fate: Fate): string {
  const verdict = fate.at >= Number.MAX_SAFE_INTEGER ? fate.head : `${fate.head} up to ${fate.at}, then ${fate.tail}`;
  const at = `change ${number}`;
  switch (change.kind) {
    case 'write':
      return `${at}: write of ${change.bytes.length} bytes at ${change.position} of file ${file}: ${verdict}`;
    case 'truncate':
      return `${at}: file ${file} cut to ${change.size}: ${verdict}`;
    default:
      return `${at}: ${change.kind} of ${change.name}: ${verdict}`;
  }
}
