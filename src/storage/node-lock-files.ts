import { errnoOf } from '../base/store-error.ts';
import { readFully, writeAll } from './file-transfer.ts';
import type { LockFiles } from './lock-file.ts';
import { LockRefusals } from './lock-refusals.ts';
import { NodeFile } from './node-file.ts';
import { type NodePlatform, openWithoutFollowing, removeFile, useDescriptor } from './node-fs.ts';
import { isRemovalPending } from './pending-removal.ts';
import { retryBriefly } from './retry.ts';
import type { StorageFile } from './storage-backend.ts';

/** Far more than a lock file holds; the rest of a larger file is not read. */
const LOCK_BYTES_MAX = 4_096;

/**
 * The errors of file systems without links: FAT, some network and container mounts, Android (`EACCES`), Windows
 * (`EISDIR`).
 */
const LINK_UNSUPPORTED: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'EISDIR',
  'EMLINK',
  'EXDEV',
]);

/** A lock file at one moment. */
export interface LockLook {
  readonly content: string;
  /** When it was last written, by the clock of the file system. */
  readonly modifiedMs: number;
}

/** The lock files of one directory. */
export class NodeLockFiles implements LockFiles {
  readonly #node: NodePlatform;
  readonly #directory: string;

  constructor(node: NodePlatform, directory: string) {
    this.#node = node;
    this.#directory = directory;
  }

  /** Syncs the content: a lock that is incomplete after a power cut could never be taken over. */
  create(name: string, content: string): boolean {
    const { O_CREAT, O_EXCL, O_WRONLY } = this.#node.fs.constants;
    const path = this.pathOf(name);
    let fd: number;
    try {
      fd = openWithoutFollowing(this.#node, path, O_CREAT | O_EXCL | O_WRONLY);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
    try {
      useDescriptor(this.#node, fd, () => {
        const bytes = new TextEncoder().encode(content);
        const file = new NodeFile(this.#node, fd, path, true);
        writeAll(file, bytes, 0, bytes.length, 0);
        file.sync();
      });
    } catch (error) {
      this.#removeUnfinished(path);
      throw error;
    }
    return true;
  }

  link(existing: string, name: string): 'linked' | 'taken' | 'absent' | 'unsupported' {
    try {
      this.#node.fs.linkSync(this.pathOf(existing), this.pathOf(name));
      return 'linked';
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EEXIST') return 'taken';
      if (errno === 'ENOENT') return 'absent';
      if (isRemovalPending(this.#node, this.pathOf(name)))
        throw new LockRefusals(this.#directory, this.#node.process.platform).pending(name);
      if (LINK_UNSUPPORTED.has(errno)) return 'unsupported';
      throw error;
    }
  }

  read(name: string): string | undefined {
    return this.look(name)?.content;
  }

  /** The content of a file and when it was written; `undefined` if it does not exist. */
  look(name: string): LockLook | undefined {
    const path = this.pathOf(name);
    let fd: number;
    try {
      fd = openWithoutFollowing(this.#node, path, this.#node.fs.constants.O_RDONLY);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
      throw error;
    }
    return useDescriptor(this.#node, fd, () => ({
      modifiedMs: this.#node.fs.fstatSync(fd).mtimeMs,
      content: readLockContent(new NodeFile(this.#node, fd, path, false)),
    }));
  }

  remove(name: string): void {
    removeFile(this.#node, this.pathOf(name));
  }

  list(): string[] {
    return this.#node.fs.readdirSync(this.#directory);
  }

  pathOf(name: string): string {
    return this.#node.path.join(this.#directory, name);
  }

  /** An incomplete lock names no owner, so only `unlock` could remove it later. */
  #removeUnfinished(path: string): void {
    try {
      retryBriefly(this.#node, () => removeFile(this.#node, path));
    } catch {
      // The original error is more useful.
    }
  }
}

/** The content of a lock file. */
export function readLockContent(file: StorageFile): string {
  const bytes = new Uint8Array(LOCK_BYTES_MAX);
  return new TextDecoder().decode(bytes.subarray(0, readFully(file, bytes, 0, bytes.length, 0)));
}
