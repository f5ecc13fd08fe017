import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtScript } from '../test/scripts/built-script.ts';
import { medianOf } from './percentiles.ts';

/** The output of the opener. */
interface Opened {
  readonly ms: number;
  readonly putMs: number;
  readonly cpuMs: number;
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

/** The puts of a process that is killed: a twentieth of the entries, the tail that the next opening replays. */
const KILLED_SHARE = 20;

/**
 * Opens the cache `rounds` times with its image, as often after a kill, and as often without an image; its files are in the
 * page cache of the system. The first of `openings` is with an image, the last one without.
 */
export async function measureOpenings(directory: string, entry: number, rounds: number): Promise<Opening[]> {
  const opener = fileURLToPath(await builtScript(new URL('./opener.ts', import.meta.url)));
  const withImage = Array.from({ length: rounds }, () => openOnce(opener, directory, entry, true));
  const afterKill = Array.from({ length: rounds }, () => {
    putAndDie(opener, directory, entry, Math.ceil((2 * entry) / KILLED_SHARE));
    return openOnce(opener, directory, entry, true);
  });
  const withoutImage = Array.from({ length: rounds }, () => {
    for (const name of readdirSync(directory)) if (name.endsWith('.index')) rmSync(join(directory, name));
    return openOnce(opener, directory, entry, false);
  });
  return [
    openingOf('open with image', withImage),
    openingOf(
      'first put with image',
      withImage.map((one) => ({ ...one, ms: one.putMs, cpuMs: one.putMs })),
    ),
    openingOf('open after a kill', afterKill),
    openingOf('open without image', withoutImage),
  ];
}

function openOnce(opener: string, directory: string, entry: number, image: boolean): Opened {
  const args = [opener, directory, String(entry)];
  const opened = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Opened;
  if (opened.imageUsed !== image) throw new Error(`opening went wrong: ${JSON.stringify(opened)}`);
  return opened;
}

function putAndDie(opener: string, directory: string, entry: number, puts: number): void {
  const args = [opener, directory, String(entry), String(puts)];
  const { signal } = spawnSync(process.execPath, args);
  if (signal !== 'SIGKILL') throw new Error('the process that was to be killed ended otherwise');
}

function openingOf(work: string, opened: readonly Opened[]): Opening {
  const ms = opened.map((one) => one.ms);
  const records = opened[0]?.records ?? 0;
  const cpuMs = medianOf(opened.map((one) => one.cpuMs));
  return { work, medianMs: medianOf(ms), minMs: Math.min(...ms), maxMs: Math.max(...ms), cpuMs, records };
}
