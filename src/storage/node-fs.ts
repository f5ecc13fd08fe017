import type * as FileSystem from 'node:fs';
import type * as OperatingSystem from 'node:os';
import type * as Paths from 'node:path';
import { startTimer } from '../base/background-timer.ts';
import { blockThread } from '../base/pauses.ts';
import { errnoOf } from '../base/store-error.ts';
import { errnoError } from './errno-error.ts';
import { noFileSystem } from './no-file-system.ts';
import { retryBriefly } from './retry.ts';

/** Readable and writable only by the user: cached state may be private. */
const PRIVATE_FILE_MODE = 0o600;
export const PRIVATE_DIRECTORY_MODE = 0o700;

const NONCE_BYTES = 16;

/** The parts of the platform that the file-system backend uses. Tests replace them. */
export interface NodePlatform {
  readonly fs: typeof FileSystem;
  readonly os: typeof OperatingSystem;
  readonly path: typeof Paths;
  /** This process, and how it signals others. */
  readonly process: Pick<NodeJS.Process, 'pid' | 'platform' | 'kill'>;
  /**
   * Milliseconds since the Unix epoch. The lock protocol uses the difference of two readings only to rule a conclusion
   * out.
   */
  readonly now: () => number;
  /** Milliseconds by a clock that is never set, but may stand still while the system sleeps. */
  readonly elapsed: () => number;
  /** Runs a task at intervals without keeping the process alive. Returns a function that ends that. */
  readonly repeat: (milliseconds: number, task: () => void) => () => void;
  /** 32 hexadecimal digits that are unique among all processes and machines. */
  readonly nonce: () => string;
  /** Blocks the thread for this many milliseconds. */
  readonly pause: (milliseconds: number) => void;
}

/**
 * The platform of this runtime. The modules are looked up at run time, not imported: the package is also bundled for
 * runtimes without files, where an import would fail at load. Throws `StoreError` `IO` in such a runtime.
 */
export function nodePlatform(): NodePlatform {
  const runtime: Partial<NodeJS.Process> | undefined = globalThis.process;
  const fs = runtime?.getBuiltinModule?.('node:fs');
  const os = runtime?.getBuiltinModule?.('node:os');
  const path = runtime?.getBuiltinModule?.('node:path');
  if (runtime === undefined || fs === undefined || os === undefined || path === undefined) {
    throw noFileSystem();
  }
  return {
    fs,
    os,
    path,
    process: runtime as NodeJS.Process,
    now: Date.now,
    elapsed: () => performance.now(),
    repeat: startTimer,
    nonce: randomNonce,
    pause,
  };
}

/** The absolute path of a directory, resolved once: a later `process.chdir` must not redirect an open store. */
export function resolveDirectory(node: NodePlatform, path: string): string {
  return node.path.resolve(path);
}

/**
 * Opens one file of a store. A symbolic link in its place is refused with `ELOOP`: otherwise, a user who can write to the
 * directory could make the store overwrite a file elsewhere. A named pipe in its place does not block here; using it
 * fails. A file that is busy, as on Windows while a virus scanner has it open, is tried again for 31 milliseconds.
 */
export function openWithoutFollowing(node: NodePlatform, path: string, flags: number): number {
  const { fs } = node;
  // Windows has neither flag. There the check precedes the opening, which leaves a race that no flag can close.
  const { O_NOFOLLOW, O_NONBLOCK }: Partial<Record<string, number>> = fs.constants;
  if (O_NOFOLLOW === undefined && fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw errnoError('ELOOP', 'a symbolic link stands in place of the file', 'open', path);
  }
  const allFlags = flags | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
  return retryBriefly(node, () => fs.openSync(path, allFlags, PRIVATE_FILE_MODE), isBusy);
}

function isBusy(error: unknown): boolean {
  return errnoOf(error) === 'EBUSY';
}

/** Runs `use`, then closes the descriptor, also after an error. */
export function useDescriptor<Result>({ fs }: NodePlatform, fd: number, use: (fd: number) => Result): Result {
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Removes a file; does nothing if it does not exist. A symbolic link is removed itself, not its target. */
export function removeFile({ fs }: NodePlatform, path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function pause(milliseconds: number): void {
  try {
    blockThread(milliseconds);
  } catch {
    // A thread that must not block, such as the main thread in Electron, retries without a pause.
  }
}

/** The generator of the system, as a file of Unix. */
const RANDOM_DEVICE = '/dev/urandom';

/**
 * Fills `target` with unpredictable bytes. Node loads its generators, `node:crypto` and `globalThis.crypto`, at their first use,
 * which takes 6 to 10 ms of a cold start; reading the device takes less than 0.1 ms.
 */
export function fillRandomly(
  target: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  runtime: Partial<NodeJS.Process> | undefined = globalThis.process,
  device: string = RANDOM_DEVICE,
): void {
  // Other runtimes have their generator loaded, and Deno would ask its user for permission to read the device.
  if (runtime?.versions?.['deno'] === undefined && filledFrom(device, target, runtime)) return;
  globalThis.crypto.getRandomValues(target);
}

/** Returns false if there is no such device. */
function filledFrom(
  device: string,
  target: Uint8Array | Uint32Array,
  runtime: Partial<NodeJS.Process> | undefined,
): boolean {
  const fs = runtime?.getBuiltinModule?.('node:fs');
  if (fs === undefined || runtime?.platform === 'win32') return false;
  try {
    const fd = fs.openSync(device, 'r');
    try {
      // A file in its place would return the same bytes to everyone.
      return fs.fstatSync(fd).isCharacterDevice() && fs.readSync(fd, target) === target.byteLength;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return false;
  }
}

function randomNonce(): string {
  const bytes = new Uint8Array(NONCE_BYTES);
  fillRandomly(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
