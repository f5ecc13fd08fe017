import type * as FileSystem from 'node:fs';
import type * as OperatingSystem from 'node:os';
import type * as Paths from 'node:path';
import { errnoOf, StoreError } from '../base/store-error.ts';
import { errnoError } from './errno-error.ts';

/** Readable and writable by the user alone: cached state may be private. */
const PRIVATE_FILE_MODE = 0o600;
export const PRIVATE_DIRECTORY_MODE = 0o700;

const NONCE_BYTES = 16;

/** What the file-system backend takes from its surroundings; tests put their own functions in place. */
export interface NodePlatform {
  readonly fs: typeof FileSystem;
  readonly os: typeof OperatingSystem;
  readonly path: typeof Paths;
  /** This process, and its way to ask for others. */
  readonly process: Pick<NodeJS.Process, 'pid' | 'platform' | 'kill'>;
  /** Milliseconds since the Unix epoch. Nothing is concluded from two of them but that something cannot be told. */
  readonly now: () => number;
  /** 32 hexadecimal digits that nobody had before and nobody will have again. */
  readonly nonce: () => string;
  /** Blocks the thread for some milliseconds. */
  readonly pause: (milliseconds: number) => void;
}

/**
 * The platform of this runtime. Its modules are looked up here and not imported: the package is also bundled for runtimes
 * without files, where an import would fail at once. Throws `StoreError` `IO` where there are none.
 */
export function nodePlatform(): NodePlatform {
  const runtime: Partial<NodeJS.Process> | undefined = globalThis.process;
  const fs = runtime?.getBuiltinModule?.('node:fs');
  const os = runtime?.getBuiltinModule?.('node:os');
  const path = runtime?.getBuiltinModule?.('node:path');
  if (runtime === undefined || fs === undefined || os === undefined || path === undefined) {
    throw new StoreError('IO', 'this runtime has no file system: pass `storage`, such as new MemoryStorage()');
  }
  return { fs, os, path, process: runtime as NodeJS.Process, now: Date.now, nonce: randomNonce, pause };
}

/** The absolute path of a directory, found once: a later `process.chdir` must not move an open store. */
export function resolveDirectory(node: NodePlatform, path: string): string {
  if (path === '') throw new TypeError('the directory of a store must not be an empty string: name one');
  return node.path.resolve(path);
}

/**
 * Opens one file of a store and refuses, with `ELOOP`, a symbolic link in its place: whoever can write to the directory
 * could otherwise have us overwrite a file elsewhere. A pipe in its place fails when it is used instead of blocking here.
 */
export function openWithoutFollowing({ fs }: NodePlatform, path: string, flags: number): number {
  // Windows has neither flag. There the check comes before the opening, which leaves a gap that no flag can close.
  const { O_NOFOLLOW, O_NONBLOCK }: Partial<Record<string, number>> = fs.constants;
  if (O_NOFOLLOW === undefined && fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw errnoError('ELOOP', 'a symbolic link stands in place of the file', 'open', path);
  }
  return fs.openSync(path, flags | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), PRIVATE_FILE_MODE);
}

/** Runs `use` and closes the descriptor whatever happens. */
export function useDescriptor<Result>({ fs }: NodePlatform, fd: number, use: (fd: number) => Result): Result {
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Removes a file; an absent one is no error. A symbolic link goes itself, not what it points at. */
export function removeFile({ fs }: NodePlatform, path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function pause(milliseconds: number): void {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, milliseconds);
  } catch {
    // A thread that shows windows, as in Electron, may not block: then the next attempt follows at once.
  }
}

function randomNonce(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
