import { storageFailure } from '../base/storage-failure.ts';
import { LogFile } from '../log/log-file.ts';
import { completionOf } from '../log/record-codec.ts';
import type { StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import type { StoreContext } from './store-context.ts';

const DIGITS_MIN = 6;
/** In any case: on Windows and macOS a file named `000001.LOG`, which is foreign, also has the name `000001.log`. */
const NAME = /^(\d{6,})\.(log|index2?)$/i;

/** Generations are numbered in a u32 of the file header. */
export const GENERATION_MAX: number = 2 ** 32 - 1;
/** No store gets this far. A file with such a number is foreign and must not use up the numbers. */
const FOREIGN_MIN: number = 2 ** 31;

export function logName(generation: number): string {
  return `${String(generation).padStart(DIGITS_MIN, '0')}.log`;
}

/** The two names of images: one is written while the other one counts. */
export function imageNames(generation: number): readonly [string, string] {
  const name = `${String(generation).padStart(DIGITS_MIN, '0')}.index`;
  return [name, `${name}2`];
}

/** The file that marks a directory while a backup is made in it: until it is removed, there is no store. */
export const UNFINISHED_BACKUP = 'UNFINISHED-BACKUP';
/** What is in that file, and the message for who opens the directory. */
export const UNFINISHED_BACKUP_NOTE: string =
  'a backup into this directory is being made, or was not finished: ' +
  'if no process makes it any longer, delete the directory and make another backup';

/** The generations of the store's own files in a directory, ascending. */
export interface GenerationFiles {
  readonly logs: readonly number[];
  readonly images: readonly number[];
  /** The generations of the images by their names. */
  readonly imageFiles: ReadonlyMap<string, number>;
  /** Whether a backup into this directory was not finished: then its files are no store. */
  readonly isUnfinishedBackup: boolean;
  /** Those in foreign names that differ from the store's own only in case, so that no new file takes such a name. */
  readonly foreign: readonly number[];
}

export function listGenerations(directory: StorageDirectory): GenerationFiles {
  const logs: number[] = [];
  const imageFiles = new Map<string, number>();
  const names = listNames(directory);
  const foreign: number[] = [];
  for (const name of names) {
    const generation = Number(NAME.exec(name)?.[1] ?? 0);
    if (generation === 0 || generation > GENERATION_MAX) continue;
    if (name === logName(generation)) logs.push(generation);
    else if (imageNames(generation).includes(name)) imageFiles.set(name, generation);
    else if (isOwnInLowerCase(name, generation)) foreign.push(generation);
  }
  const ascending = (a: number, b: number): number => a - b;
  const images = [...new Set(imageFiles.values())].sort(ascending);
  return {
    logs: logs.sort(ascending),
    images,
    imageFiles,
    foreign,
    isUnfinishedBackup: names.includes(UNFINISHED_BACKUP),
  };
}

function isOwnInLowerCase(name: string, generation: number): boolean {
  const lower = name.toLowerCase();
  return lower === logName(generation) || imageNames(generation).includes(lower);
}

function listNames(directory: StorageDirectory): string[] {
  try {
    return directory.list();
  } catch (error) {
    throw storageFailure('list the directory', error);
  }
}

/**
 * The number of the next generation. It is above that of all files, so that an old file that could not be removed is
 * never an obstacle, and its parity differs from `generation`, because locations distinguish two generations by it.
 * Throws `RangeError` if all numbers are used up.
 */
export function generationAfter(
  generation: number,
  files: Pick<GenerationFiles, 'logs' | 'images' | 'foreign'>,
): number {
  const taken = new Set([...files.logs, ...files.images, ...files.foreign]);
  let next = generation + 1;
  for (const number of taken) {
    if (number >= next && number < FOREIGN_MIN) next = number + ((number - generation) % 2 === 0 ? 1 : 2);
  }
  while (taken.has(next)) next += 2;
  if (next > GENERATION_MAX) throw new RangeError(`generations are numbered up to ${GENERATION_MAX}`);
  return next;
}

/** Creates the log of a new generation. In the file it is empty; its header is written with its first records. */
export function createLog({ directory, pool, random, assertLockHeld }: StoreContext, after: number): LogFile {
  assertLockHeld();
  const generation = generationAfter(after, listGenerations(directory));
  const name = logName(generation);
  let file: StorageFile;
  try {
    file = directory.create(name);
  } catch (error) {
    throw storageFailure(`create ${name}`, error);
  }
  return LogFile.create(file, name, { generation, salt: random() | 0 }, pool, assertLockHeld);
}

/** States that a generation is whole and makes that durable. */
export function completeLog(log: LogFile): void {
  log.append(completionOf());
  log.sync();
}

/** Makes the names of files durable. */
export function syncDirectory(directory: StorageDirectory): void {
  try {
    directory.sync();
  } catch (error) {
    throw storageFailure('sync the directory', error);
  }
}
