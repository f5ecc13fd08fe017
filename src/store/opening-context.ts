import type { PagePool } from '../log/page-pool.ts';
import type { StorageDirectory } from '../storage/storage-backend.ts';

/** What opening needs besides the directory. */
export interface OpeningContext {
  readonly directory: StorageDirectory;
  readonly pool: PagePool;
  readonly readOnly: boolean;
  /** A uniform u32. */
  readonly random: () => number;
  /** Called before bytes are handed to the log; throws where the lock is lost. */
  readonly beforeWrite: () => void;
  /** Told of failures that do not stop the opening. */
  readonly onHousekeepingFailure: (error: unknown) => void;
}
