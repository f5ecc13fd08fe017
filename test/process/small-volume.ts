import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A page of memory, the unit in which such a volume is allocated. */
const PIECE_BYTES = 4096;

/** Why no volume can be mounted here; `undefined` if one can. */
export const noVolumes: string | undefined = reasonAgainst();

function reasonAgainst(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting a small disk needs root on Linux';
  const trial = mkdtempSync(join(tmpdir(), 'projection-cache-volume-'));
  try {
    const failure = mount(trial, PIECE_BYTES);
    if (failure === undefined) spawnSync('umount', [trial]);
    return failure;
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
}

function mount(path: string, bytes: number): string | undefined {
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]);
  return status === 0 ? undefined : `no small disk can be mounted: ${error?.message ?? stderr.toString().trim()}`;
}

/** A separate file system, so small that a test can fill it. It is unmounted at the end of the test. */
export class SmallVolume {
  readonly directory: string;
  readonly #ballast: string;

  constructor(bytes: number) {
    const mountPoint = mkdtempSync(join(tmpdir(), 'projection-cache-volume-'));
    const failure = mount(mountPoint, bytes);
    onTestFinished(() => {
      // Lazily: a failed test may have left files open.
      if (failure === undefined) spawnSync('umount', ['--lazy', mountPoint]);
      rmSync(mountPoint, { recursive: true, force: true });
    });
    if (failure !== undefined) throw new Error(failure);
    this.directory = join(mountPoint, 'store');
    this.#ballast = join(mountPoint, 'ballast');
  }

  /** Fills all space but about `bytesLeft`. */
  fill(bytesLeft: number): void {
    const file = openSync(this.#ballast, 'w');
    try {
      const piece = new Uint8Array(PIECE_BYTES);
      let written = 0;
      while (couldWrite(file, piece)) written += PIECE_BYTES;
      ftruncateSync(file, Math.max(0, written - bytesLeft));
    } finally {
      closeSync(file);
    }
  }

  /** Frees the space. */
  free(): void {
    rmSync(this.#ballast, { force: true });
  }
}

function couldWrite(file: number, piece: Uint8Array): boolean {
  try {
    return writeSync(file, piece) === piece.length;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOSPC') return false;
    throw error;
  }
}
