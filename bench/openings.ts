import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { medianOf } from './percentiles.ts';

const opener: string = fileURLToPath(new URL('./opener.ts', import.meta.url));
const repository: string = fileURLToPath(new URL('../', import.meta.url));

/** The output of the opener. */
interface Opened {
  readonly ms: number;
  readonly cpuMs: number;
  readonly found: boolean;
  readonly imageUsed: boolean;
  readonly records: number;
}

/** Opening a cache in a fresh process until the first `get`. */
export interface Opening {
  readonly work: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Processor time, the median. */
  readonly cpuMs: number;
  /** The records of the log that were read. */
  readonly records: number;
}

/**
 * Opens the cache `rounds` times with its image and as often without; its files are in the page cache of the system.
 */
export function measureOpenings(directory: string, entry: number, rounds: number): [Opening, Opening] {
  const withImage = Array.from({ length: rounds }, () => openOnce(directory, entry, true));
  const withoutImage = Array.from({ length: rounds }, () => {
    for (const name of readdirSync(directory)) if (name.endsWith('.index')) rmSync(join(directory, name));
    return openOnce(directory, entry, false);
  });
  return [openingOf('open with image', withImage), openingOf('open without image', withoutImage)];
}

function openOnce(directory: string, entry: number, image: boolean): Opened {
  const args = ['--import', 'tsx', opener, directory, String(entry)];
  const opened = JSON.parse(execFileSync(process.execPath, args, { cwd: repository, encoding: 'utf8' })) as Opened;
  if (!opened.found || opened.imageUsed !== image) throw new Error(`opening went wrong: ${JSON.stringify(opened)}`);
  return opened;
}

function openingOf(work: string, opened: readonly Opened[]): Opening {
  const ms = opened.map((one) => one.ms);
  const records = opened[0]?.records ?? 0;
  const cpuMs = medianOf(opened.map((one) => one.cpuMs));
  return { work, medianMs: medianOf(ms), minMs: Math.min(...ms), maxMs: Math.max(...ms), cpuMs, records };
}
