/**
 * The cache in a browser. `OpfsStorage` keeps a store in the origin-private file system, in a dedicated worker.
 *
 * @module projection-cache/browser
 */

export { OpfsStorage, type OpfsStorageOptions } from './opfs-storage.ts';
