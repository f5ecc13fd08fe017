import type { StorageBackend } from '../storage/storage-backend.ts';
import type { LogStoreOptions } from '../store/log-store-options.ts';

/** Options of `LogCache.open`; each has a default. */
export interface LogCacheOptions extends LogStoreOptions {
  /** Where the files are: `MemoryStorage` for tests and runtimes without files. Default: the file system. */
  readonly storage?: StorageBackend;
  /**
   * Close the cache that this thread has opened in this directory with `reopen: true`, instead of throwing `LOCKED`: for
   * development servers, which load modules again and lose the cache of the earlier copy. That one throws `CLOSED` from then
   * on. Default: `false`.
   */
  readonly reopen?: boolean;
}

/** The names of the options. */
export const OPTION_NAMES: readonly string[] = [
  'durability',
  'syncEveryMs',
  'pageCacheBytes',
  'maxBytes',
  'preloadIndex',
  'imageEveryBytes',
  'readOnly',
  'refreshEveryMs',
  'waitForLockMs',
  'lock',
  'onEvent',
  'storage',
  'reopen',
];
