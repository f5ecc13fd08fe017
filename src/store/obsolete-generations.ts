import { attempt } from '../base/attempt.ts';
import { FILE_HEADER_BYTES } from '../log/file-header.ts';
import { writeAll } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import { withFile } from '../storage/with-file.ts';
import { listGenerations, logName } from './generation-files.ts';
import type { StoreContext } from './store-context.ts';

/** Truncating a file takes time in proportion to the bytes cut: this much takes about a millisecond. */
const PIECE_BYTES: number = 1024 * 1024;

/**
 * Removes the files of generations that a newer one has replaced. Opening does so at once. After a compaction they are
 * truncated in steps that later writes pay for, as truncating a large file at once is a long pause.
 *
 * Invariants:
 * 1. A log loses its header before anything else, so that no part of it is ever used as a store.
 * 2. A file is truncated from its end and removed when it is empty: a removal that is not durable must not bring it
 *    back.
 * 3. No file is open between two calls. Opening removes what a crash leaves.
 * 4. A log that a backup reads is neither truncated nor removed; nevertheless it has lost its header.
 */
export class ObsoleteGenerations {
  readonly #context: StoreContext;
  /** Images first: they are useless without their logs. */
  #names: string[] = [];
  #owedBytes = 0;
  /** Whether a failure was reported since the last `collect`. One is enough: the platform refuses the same again. */
  #reported = false;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Whether every file has been removed. */
  get isDone(): boolean {
    return this.#names.length === 0;
  }

  /** Whether there is a file that can be removed now: a backup may still read the others. */
  get any(): boolean {
    return this.#removable >= 0;
  }

  /** Finds the files of all generations except `current`, also those that could not be removed before. */
  collect(current: number): void {
    const { directory, assertLockHeld } = this.#context;
    this.#names = [];
    this.#reported = false;
    this.#attempt(() => {
      assertLockHeld();
      const { logs, imageFiles } = listGenerations(directory);
      const logNames = logs.filter((generation) => generation !== current).map(logName);
      const obsoleteImages = [...imageFiles].flatMap(([name, generation]) => (generation === current ? [] : [name]));
      this.#names = [...obsoleteImages, ...logNames];
      for (const name of logNames) this.#attempt(() => withFile(directory, name, 'write', eraseHeader));
    });
  }

  /** Adds `bytes` to what may be removed, and removes that much once it makes a piece. */
  advance(bytes: number): void {
    if (!this.any) return;
    this.#owedBytes += bytes;
    if (this.#owedBytes < PIECE_BYTES) return;
    this.step(this.#owedBytes);
    this.#owedBytes = 0;
  }

  /**
   * Cuts `bytes` off one file and removes it when it is empty. A failure is reported and ends the work on that file.
   */
  step(bytes: number = PIECE_BYTES): void {
    const at = this.#removable;
    const name = this.#names[at];
    if (name === undefined) return;
    const { directory, assertLockHeld } = this.#context;
    // If the lock is lost, files of these names may belong to another process.
    if (!this.#attempt(assertLockHeld)) {
      this.#names = [];
      return;
    }
    let left = 0;
    this.#attempt(() => withFile(directory, name, 'write', (file) => (left = cutEnd(file, bytes))));
    if (left > 0) return;
    this.#names.splice(at, 1);
    this.#attempt(() => directory.remove(name));
  }

  /** Removes all files at once that can be removed now. */
  finish(): void {
    if (!this.any) return;
    while (this.any) this.step(Number.POSITIVE_INFINITY);
    this.#attempt(() => this.#context.directory.sync());
  }

  /** The index of the first file that no backup reads, -1 if there is none. */
  get #removable(): number {
    return this.#names.findIndex((name) => !this.#context.heldLogs.isHeld(name));
  }

  #attempt(task: () => void): boolean {
    return attempt(task, (error) => {
      if (!this.#reported) this.#context.onHousekeepingFailure(error);
      this.#reported = true;
    });
  }
}

function eraseHeader(file: StorageFile): void {
  writeAll(file, new Uint8Array(FILE_HEADER_BYTES), 0, FILE_HEADER_BYTES, 0);
}

/** Returns how many bytes of the file are left. */
function cutEnd(file: StorageFile, bytes: number): number {
  const left = Math.max(0, file.size() - bytes);
  file.truncate(left);
  return left;
}
