import { closedFileError } from './errno-error.ts';
import type { NodePlatform } from './node-fs.ts';
import type { StorageFile } from './storage-backend.ts';

/** What the platform calls when an operation has ended; there is a result unless there is an error. */
type Done<Result> = (error: Error | null | undefined, result?: Result) => void;

/**
 * An open file of the file system.
 *
 * Invariants:
 * 1. `#fullySynced <= #sizeChanges`; while it is smaller, the next sync is an `fsync`.
 * 2. The descriptor is closed once: by `close`, or by the end of the last asynchronous operation under way at that time.
 *    A descriptor closed earlier could be given to another file, and that one would be synced or read instead.
 */
export class NodeFile implements StorageFile {
  readonly #node: NodePlatform;
  readonly #fd: number;
  readonly #path: string;
  #sizeChanges: number;
  #fullySynced = 0;
  #underWay = 0;
  #closed = false;

  /** Takes over `fd`. `created`: the file was made by opening it. */
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
   * `fdatasync` need only make durable what reading the data back takes: the data, and a size that grew. That a size that
   * shrank belongs to it, or the mode of a new file, is left to each file system, so the first sync after a creation or a
   * truncation is an `fsync`. All others spare the journal write that the time stamps alone would cost.
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
    // What was truncated meanwhile is not covered, what another sync covered meanwhile stays covered.
    this.#fullySynced = Math.max(this.#fullySynced, sizeChanges);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#underWay === 0) this.#node.fs.closeSync(this.#fd);
  }

  /** Waits for an operation on the descriptor, and closes that where the file was closed meanwhile. */
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
