import { errnoOf } from '../base/store-error.ts';
import { errnoError } from './errno-error.ts';
import { LeaseWatch } from './lease-watch.ts';
import { NodeFile } from './node-file.ts';
import { type NodePlatform, openWithoutFollowing, removeFile, useDescriptor } from './node-fs.ts';
import { takeNodeLock } from './node-lock.ts';
import { isRemovalPending } from './pending-removal.ts';
import type { LockTerms, StorageDirectory, StorageFile, StorageLock } from './storage-backend.ts';

/** The errors of platforms that cannot open or sync a directory, such as Windows and some network file systems. */
const DIRECTORY_SYNC_UNSUPPORTED: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'EACCES',
  'EINVAL',
  'EISDIR',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
]);

/** One directory of the file system, with an absolute path. */
export class NodeDirectory implements StorageDirectory {
  readonly #node: NodePlatform;
  readonly #path: string;
  readonly #watch: LeaseWatch;
  #entryDurable: boolean;

  /**
   * `entryDurable`: whether the directory's own entry, in its parent, is durable; if not, the first sync makes it
   * durable.
   */
  constructor(node: NodePlatform, path: string, entryDurable: boolean) {
    this.#node = node;
    this.#path = path;
    this.#watch = new LeaseWatch(node);
    this.#entryDurable = entryDurable;
  }

  /** A symbolic link is listed as a file, so that one with the name of a store file is refused, not overlooked. */
  list(): string[] {
    const entries = this.#node.fs.readdirSync(this.#path, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  }

  isEmpty(): boolean {
    return this.#node.fs.readdirSync(this.#path).length === 0;
  }

  open(name: string, access: 'read' | 'write'): StorageFile | undefined {
    const { constants } = this.#node.fs;
    const path = this.#pathOf(name);
    try {
      const fd = openWithoutFollowing(this.#node, path, access === 'read' ? constants.O_RDONLY : constants.O_RDWR);
      return this.#regularFile(fd, path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || isRemovalPending(this.#node, path)) return undefined;
      throw error;
    }
  }

  create(name: string): StorageFile {
    const { constants } = this.#node.fs;
    const path = this.#pathOf(name);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    return new NodeFile(this.#node, openWithoutFollowing(this.#node, path, flags), path, true);
  }

  remove(name: string): void {
    const path = this.#pathOf(name);
    try {
      removeFile(this.#node, path);
    } catch (error) {
      if (!isRemovalPending(this.#node, path)) throw error;
    }
  }

  sync(): void {
    if (!this.#entryDurable) fsyncDirectory(this.#node, this.#node.path.dirname(this.#path));
    this.#entryDurable = true;
    fsyncDirectory(this.#node, this.#path);
  }

  lock(terms: LockTerms = {}): StorageLock {
    return takeNodeLock(this.#node, this.#path, { ...terms, watch: this.#watch });
  }

  #pathOf(name: string): string {
    return this.#node.path.join(this.#path, name);
  }

  #regularFile(fd: number, path: string): NodeFile {
    const { fs } = this.#node;
    try {
      const stats = fs.fstatSync(fd);
      if (stats.isDirectory()) throw errnoError('EISDIR', 'a directory stands in place of the file', 'open', path);
      if (!stats.isFile()) throw errnoError('EINVAL', 'something else stands in place of the file', 'open', path);
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    return new NodeFile(this.#node, fd, path, false);
  }
}

/** Makes the entries of a directory durable. Does nothing on platforms without this operation. */
export function fsyncDirectory(node: NodePlatform, path: string): void {
  try {
    const fd = node.fs.openSync(path, node.fs.constants.O_RDONLY);
    useDescriptor(node, fd, node.fs.fsyncSync);
  } catch (error) {
    if (!DIRECTORY_SYNC_UNSUPPORTED.has(errnoOf(error))) throw error;
  }
}
