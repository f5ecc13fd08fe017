/**
 * The cache in a browser. `OpfsStorage` keeps a store in the origin-private file system, in a dedicated worker; `serveCache`
 * and `WorkerCache` share one cache between such workers and the pages of all tabs.
 *
 * @module projection-cache/browser
 */

export type { CachePort } from './cache-messages.ts';
export type { WebLocks } from './opfs-platform.ts';
export { OpfsStorage, type OpfsStorageOptions } from './opfs-storage.ts';
export { type ServeCacheOptions, serveCache } from './serve-cache.ts';
export { WorkerCache } from './worker-cache.ts';
