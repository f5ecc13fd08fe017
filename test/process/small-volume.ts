import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A page of memory, which is what such a volume is given out in. */
const PIECE_BYTES = 4096;

/** Why no volume can be mounted here; `undefined` where one can. */
export const noVolumes: string | undefined = reasonAgainst();

function reasonAgainst(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it takes root on Linux to mount a small disk';
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

/** A file system of its own, so small that a test can fill it. It is unmounted when the test has finished. */
export class SmallVolume {
  readonly directory: string;
  readonly #ballast: string;

  constructor(bytes: number) {
    const mountPoint = mkdtempSync(join(tmpdir(), 'projection-cache-volume-'));
    const failure = mount(mountPoint, bytes);
    onTestFinished(() => {
      // Lazily: a test that failed may have left files open.
      if (failure === undefined) spawnSync('umount', ['--lazy', mountPoint]);
      rmSync(mountPoint, { recursive: true, force: true });
    });
    if (failure !== undefined) throw new Error(failure);
    this.directory = join(mountPoint, 'store');
    this.#ballast = join(mountPoint, 'ballast');
  }

  /** Takes all space but about `bytesLeft`. */
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

  /** Gives the space back. */
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
