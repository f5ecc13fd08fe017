import type { DiskImage } from './disk-image.ts';

/** What happens to dirty data in a failed sync. */
export type SyncLoss =
  /** The system marks it as written: readers see it, no later sync writes it, and a crash may lose it. */
  | 'marked-clean'
  /** The system drops it: readers see the durable bytes again. */
  | 'dropped';

/** One change of what a disk holds, or will hold after a crash. Files are identified by number, as names are reused. */
export type DiskChange =
  | {
      /** A directory was created; it is durable at once. */
      readonly kind: 'make-directory';
      /** The path of the directory. */
      readonly directory: string;
    }
  | {
      /** An empty file was created in a directory. */
      readonly kind: 'create';
      /** The path of the directory. */
      readonly directory: string;
      /** The name of the file. */
      readonly name: string;
      /** The number of the file. */
      readonly file: number;
    }
  | {
      /** A file was removed from a directory. */
      readonly kind: 'remove';
      /** The path of the directory. */
      readonly directory: string;
      /** The name of the file. */
      readonly name: string;
    }
  | {
      /** Earlier creations and removals in the directory are durable. */
      readonly kind: 'sync-directory';
      /** The path of the directory. */
      readonly directory: string;
    }
  | {
      /** Bytes were written to a file. */
      readonly kind: 'write';
      /** The number of the file. */
      readonly file: number;
      /** Where the bytes start in the file. */
      readonly position: number;
      /** The written bytes. */
      readonly bytes: Uint8Array;
    }
  | {
      /** The size of a file was changed. */
      readonly kind: 'truncate';
      /** The number of the file. */
      readonly file: number;
      /** The new size in bytes. */
      readonly size: number;
    }
  | {
      /** Earlier changes of a file are durable, except those that an earlier failed sync lost. */
      readonly kind: 'sync';
      /** The number of the file. */
      readonly file: number;
      /** The sync covers the changes of the file among the first `covers` changes of the journal. */
      readonly covers: number;
    }
  | {
      /** A sync of a file failed and lost its data. */
      readonly kind: 'lost-sync';
      /** The number of the file. */
      readonly file: number;
      /** The loss affects the changes of the file among the first `covers` changes of the journal. */
      readonly covers: number;
      /** What happened to the data. */
      readonly loss: SyncLoss;
    };

/** All changes of a disk. Its files are numbered from 1: the files of `start` in order, then the created ones. */
export interface DiskJournal {
  /** The contents of the disk at the start, all of it durable. */
  readonly start: DiskImage;
  /** The changes, in order. */
  readonly changes: readonly DiskChange[];
}
