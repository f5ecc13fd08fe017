import { FILE_HEADER_BYTES } from '../log/file-header.ts';
import { writeAll } from '../storage/file-transfer.ts';
import type { StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import { imageName, listGenerations, logName } from './generation-files.ts';
import type { OpeningContext } from './opening-context.ts';

/** Cutting a file takes time for all that is cut: so much of it takes about a millisecond. */
const PIECE_BYTES: number = 1024 * 1024;

/**
 * The files of generations that gave way. Opening removes them at once; after a compaction they are truncated in steps that
 * later writes pay for, as truncating a large file at once is a long pause.
 *
 * Invariants:
 * 1. A log loses its header before anything else, so that no part of it is ever taken for a store.
 * 2. A file is cut from its end, and removed once it is empty: a removal that does not last must not bring it back.
 * 3. No file is open between two calls; a crash at any time leaves what opening removes.
 */
export class Leftovers {
  readonly #context: OpeningContext;
  /** Images first, as they are of no use without their logs. */
  #names: string[] = [];
  #owedBytes = 0;
  /** Whether a failure was told since files were gathered last: one is enough, what is refused is refused again. */
  #told = false;

  constructor(context: OpeningContext) {
    this.#context = context;
  }

  /** Whether anything is left. */
  get any(): boolean {
    return this.#names.length > 0;
  }

  /** Takes over every file of another generation than `kept`, also those that could not be removed before. */
  gather(kept: number): void {
    const { directory, beforeWrite } = this.#context;
    this.#names = [];
    this.#told = false;
    this.#attempt(() => {
      beforeWrite();
      const { logs, images } = listGenerations(directory);
      const logNames = logs.filter((generation) => generation !== kept).map(logName);
      const imageNames = images.filter((generation) => generation !== kept).map(imageName);
      this.#names = [...imageNames, ...logNames];
      for (const name of logNames) this.#attempt(() => useFile(directory, name, eraseHeader));
    });
  }

  /** Takes note that `bytes` may be taken away, and does so once they make a piece. */
  advance(bytes: number): void {
    if (!this.any) return;
    this.#owedBytes += bytes;
    if (this.#owedBytes < PIECE_BYTES) return;
    this.step(this.#owedBytes);
    this.#owedBytes = 0;
  }

  /** Takes `bytes` away from one file, or what is left of it. Failures are told and end the work on that file. */
  step(bytes: number = PIECE_BYTES): void {
    const name = this.#names[0];
    if (name === undefined) return;
    const { directory, beforeWrite } = this.#context;
    // By name they may be another owner's by now.
    if (!this.#attempt(beforeWrite)) {
      this.#names = [];
      return;
    }
    let left = 0;
    this.#attempt(() => useFile(directory, name, (file) => (left = cutEnd(file, bytes))));
    if (left > 0) return;
    this.#names.shift();
    this.#attempt(() => directory.remove(name));
  }

  /** Takes everything away at once. */
  finish(): void {
    if (!this.any) return;
    while (this.any) this.step(Number.POSITIVE_INFINITY);
    this.#attempt(() => this.#context.directory.sync());
  }

  #attempt(task: () => void): boolean {
    try {
      task();
      return true;
    } catch (error) {
      if (!this.#told) this.#context.onHousekeepingFailure(error);
      this.#told = true;
      return false;
    }
  }
}

function useFile(directory: StorageDirectory, name: string, use: (file: StorageFile) => void): void {
  const file = directory.open(name, 'write');
  if (file === undefined) return;
  try {
    use(file);
  } finally {
    file.close();
  }
}

function eraseHeader(file: StorageFile): void {
  writeAll(file, new Uint8Array(FILE_HEADER_BYTES), 0, FILE_HEADER_BYTES, 0);
}

/** Returns what is left of the file. */
function cutEnd(file: StorageFile, bytes: number): number {
  const left = Math.max(0, file.size() - bytes);
  file.truncate(left);
  return left;
}
