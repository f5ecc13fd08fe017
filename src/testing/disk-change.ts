import type { DiskImage } from './disk-image.ts';

/** What becomes of dirty data at a sync that fails. */
export type SyncLoss =
  /** The system takes it for written: readers see it, no later sync writes it, a crash may take it. */
  | 'marked-clean'
  /** The system drops it: readers see what was durable before. */
  | 'dropped';

/** One thing that changed what a disk holds or will hold after a crash. Files are numbered, as names come and go. */
export type DiskChange =
  | { readonly kind: 'make-directory'; readonly directory: string }
  | { readonly kind: 'create'; readonly directory: string; readonly name: string; readonly file: number }
  | { readonly kind: 'remove'; readonly directory: string; readonly name: string }
  /** Entries created and removed in the directory before are durable. */
  | { readonly kind: 'sync-directory'; readonly directory: string }
  | { readonly kind: 'write'; readonly file: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }
  /** What was done to the file in the first `covers` changes is durable, but for what an earlier sync lost. */
  | { readonly kind: 'sync'; readonly file: number; readonly covers: number }
  | { readonly kind: 'lost-sync'; readonly file: number; readonly covers: number; readonly loss: SyncLoss };

/** Everything that happened to a disk. Its files have numbers from 1 on: those of `start` in order, then as created. */
export interface DiskJournal {
  /** What was on it, all of it durable. */
  readonly start: DiskImage;
  /** What happened, in order. */
  readonly changes: readonly DiskChange[];
}
