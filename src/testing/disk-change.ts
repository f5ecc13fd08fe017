import type { DiskImage } from './disk-image.ts';

/** What happens to dirty data in a failed sync. */
export type SyncLoss =
  /** The system marks it as written: readers see it, no later sync writes it, and a crash may lose it. */
  | 'marked-clean'
  /** The system drops it: readers see the durable bytes again. */
  | 'dropped';

/** One change of what a disk holds, or will hold after a crash. Files are identified by number, as names are reused. */
export type DiskChange =
  | { readonly kind: 'make-directory'; readonly directory: string }
  | { readonly kind: 'create'; readonly directory: string; readonly name: string; readonly file: number }
  | { readonly kind: 'remove'; readonly directory: string; readonly name: string }
  /** Earlier creations and removals in the directory are durable. */
  | { readonly kind: 'sync-directory'; readonly directory: string }
  | { readonly kind: 'write'; readonly file: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }
  /**
   * The changes to the file among the first `covers` changes are durable, except those that an earlier failed sync
   * lost.
   */
  | { readonly kind: 'sync'; readonly file: number; readonly covers: number }
  | { readonly kind: 'lost-sync'; readonly file: number; readonly covers: number; readonly loss: SyncLoss };

/** All changes of a disk. Its files are numbered from 1: the files of `start` in order, then the created ones. */
export interface DiskJournal {
  /** The contents of the disk at the start, all of it durable. */
  readonly start: DiskImage;
  /** The changes, in order. */
  readonly changes: readonly DiskChange[];
}
