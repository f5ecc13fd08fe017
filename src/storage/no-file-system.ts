import { StoreError } from '../base/store-error.ts';
import type { StorageBackend } from './storage-backend.ts';

/**
 * What bundles for browsers contain in place of `file-system.ts`, by the field `browser` of package.json: the storage on files
 * would be a third of such a bundle, and could not work there.
 */
export function fileSystem(): StorageBackend {
  throw noFileSystem();
}

/** In place of `unlock` of `file-system.ts`. */
export function unlock(_directory: string): void {
  throw noFileSystem();
}

/** In place of `absolutePath` of `file-system.ts`. */
export function absolutePath(_directory: string): string {
  throw noFileSystem();
}

/** As `fillRandomly` of `file-system.ts`. */
export function fillRandomly(words: Uint32Array<ArrayBuffer>): void {
  globalThis.crypto.getRandomValues(words);
}

/** The error of whoever needs files in a runtime without. */
export function noFileSystem(): StoreError {
  return new StoreError('IO', 'this runtime has no file system: pass `storage`, such as new MemoryStorage()');
}
