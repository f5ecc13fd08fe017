import { fillRandomly as fillOnNode, nodePlatform, resolveDirectory } from './node-fs.ts';
import { unlock as unlockNode } from './node-lock.ts';
import { NodeStorage } from './node-storage.ts';
import type { StorageBackend } from './storage-backend.ts';

/** The storage on the files of this runtime. Throws `StoreError` `IO` if it has none. */
export function fileSystem(): StorageBackend {
  return new NodeStorage();
}

/** Removes the lock of a directory, as `unlock` of `node-lock.ts` does. */
export function unlock(directory: string): void {
  unlockNode(directory);
}

/** The absolute path of a directory. */
export function absolutePath(directory: string): string {
  return resolveDirectory(nodePlatform(), directory);
}

/** Fills `words` with unpredictable numbers. */
export function fillRandomly(words: Uint32Array<ArrayBuffer>): void {
  fillOnNode(words);
}
