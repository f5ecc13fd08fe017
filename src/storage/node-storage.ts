import { errnoError } from './errno-error.ts';
import { fsyncDirectory, NodeDirectory } from './node-directory.ts';
import { type NodePlatform, nodePlatform, PRIVATE_DIRECTORY_MODE, resolveDirectory } from './node-fs.ts';
import type { StorageBackend, StorageDirectory } from './storage-backend.ts';

/** Keeps stores in directories of the file system. */
export class NodeStorage implements StorageBackend {
  readonly #node: NodePlatform;

  /** Throws `StoreError` `IO` in a runtime without files. */
  constructor(node: NodePlatform = nodePlatform()) {
    this.#node = node;
  }

  openDirectory(path: string, options: { readonly create: boolean }): StorageDirectory {
    const directory = resolveDirectory(this.#node, path);
    const made = options.create && makeDirectory(this.#node, directory);
    if (!this.#node.fs.statSync(directory).isDirectory()) {
      throw errnoError('ENOTDIR', 'a file stands in place of the directory', 'open', directory);
    }
    return new NodeDirectory(this.#node, directory, made);
  }
}

/**
 * Creates a directory and its missing parents durably, and returns whether it created any. If the directory exists, its
 * creator may have been killed before the entry was durable; a power cut could then remove the directory with all the
 * data synced into it. So the first sync of the directory also syncs its parent. A complete store has had such a sync
 * and opens without one.
 */
function makeDirectory(node: NodePlatform, path: string): boolean {
  if (isThere(node, path)) return false;
  const parent = node.path.dirname(path);
  if (parent !== path) makeDirectory(node, parent);
  try {
    // Not with `recursive`: where a directory exists and nothing can be created in it, as in procfs, Node tries without end.
    node.fs.mkdirSync(path, { mode: PRIVATE_DIRECTORY_MODE });
  } catch (error) {
    // Another process was faster.
    if (isThere(node, path)) return false;
    throw error;
  }
  fsyncDirectory(node, parent);
  return true;
}

/** Whether there is a directory, or a file in its place, which the caller detects. */
function isThere(node: NodePlatform, path: string): boolean {
  return node.fs.statSync(path, { throwIfNoEntry: false }) !== undefined;
}
