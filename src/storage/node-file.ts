import { closedFileError } from './errno-error.ts';
import type { NodePlatform } from './node-fs.ts';
import type { StorageFile } from './storage-backend.ts';

/** The callback of an asynchronous operation. It receives a result unless it receives an error. */
type Done<Result> = (error: Error | null | undefined, result?: Result) => void;

/**
 * An open file of the file system.
 *
 * Invariants:
 * 1. `#fullySynced <= #sizeChanges`; while it is smaller, the next sync is an `fsync`.
 * 2. The descriptor is closed exactly once: by `close`, or by the end of the last asynchronous operation that was
 *    running at that time. If it were closed earlier, the system could reuse its number for another file, and the
 *    operation would sync or read that file instead.
 */
export class NodeFile implements StorageFile {
  readonly #node: NodePlatform;
  readonly #fd: number;
  readonly #path: string;
  #sizeChanges: number;
  #fullySynced = 0;
  #underWay = 0;
  #closed = false;

  /** Takes ownership of `fd`. `created`: opening it created the file. */
  constructor(node: NodePlatform, fd: number, path: string, created: boolean) {
    this.#node = node;
    this.#fd = fd;
    this.#path = path;
    this.#sizeChanges = created ? 1 : 0;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    return this.#node.fs.readSync(this.#descriptor('read'), target, targetOffset, length, position);
  }

  async readAsync(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number> {
    const fd = this.#descriptor('read');
    const { fs } = this.#node;
    return await this.#offThread<number>((done) => fs.read(fd, target, targetOffset, length, position, done));
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    return this.#node.fs.writeSync(this.#descriptor('write'), source, sourceOffset, length, position);
  }

  truncate(size: number): void {
    const fd = this.#descriptor('ftruncate');
    this.#sizeChanges++;
    this.#node.fs.ftruncateSync(fd, size);
  }

  size(): number {
    return this.#node.fs.fstatSync(this.#descriptor('fstat')).size;
  }

  /**
   * `fdatasync` must make durable only the data and a size that grew. Whether it covers a size that shrank, or the mode
   * of a new file, depends on the file system. So the first sync after a creation or a truncation is an `fsync`. All
   * other syncs avoid the journal write that updating only the time stamps would need.
   */
  sync(): void {
    const fd = this.#descriptor('fsync');
    const sizeChanges = this.#sizeChanges;
    if (this.#fullySynced < sizeChanges) this.#node.fs.fsyncSync(fd);
    else this.#node.fs.fdatasyncSync(fd);
    this.#fullySynced = sizeChanges;
  }

  async syncAsync(): Promise<void> {
    const fd = this.#descriptor('fsync');
    const sizeChanges = this.#sizeChanges;
    const { fs } = this.#node;
    const syncFd = this.#fullySynced < sizeChanges ? fs.fsync : fs.fdatasync;
    await this.#offThread<void>((done) => syncFd(fd, done));
    // A truncation during the sync is not covered; what another sync covered meanwhile stays covered.
    this.#fullySynced = Math.max(this.#fullySynced, sizeChanges);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#underWay === 0) this.#node.fs.closeSync(this.#fd);
  }

  /** Waits for an operation on the descriptor, then closes the descriptor if the file was closed meanwhile. */
  async #offThread<Result>(begin: (done: Done<Result>) => void): Promise<Result> {
    this.#underWay++;
    try {
      return await new Promise<Result>((resolve, reject) => {
        begin((error, result) => (error === null || error === undefined ? resolve(result as Result) : reject(error)));
      });
    } finally {
      this.#underWay--;
      if (this.#closed && this.#underWay === 0) this.#node.fs.closeSync(this.#fd);
    }
  }

  #descriptor(operation: string): number {
    if (this.#closed) throw closedFileError(operation, this.#path);
    return this.#fd;
  }
}
