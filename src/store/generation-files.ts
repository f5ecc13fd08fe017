import { storageFailure } from '../base/storage-failure.ts';
import type { StorageDirectory } from '../storage/storage-backend.ts';

const DIGITS_MIN = 6;
const NAME = /^(\d{6,})\.(log|index)$/;

/** Generations are numbered in a u32 of the file header. */
export const GENERATION_MAX: number = 2 ** 32 - 1;
/** No store gets so far. A file with such a number is none of ours and must not use up the numbers. */
const FOREIGN_MIN: number = 2 ** 31;

export function logName(generation: number): string {
  return `${String(generation).padStart(DIGITS_MIN, '0')}.log`;
}

export function imageName(generation: number): string {
  return `${String(generation).padStart(DIGITS_MIN, '0')}.index`;
}

/** The store's own files in a directory, by generation, ascending. */
export interface GenerationFiles {
  readonly logs: readonly number[];
  readonly images: readonly number[];
}

export function listGenerations(directory: StorageDirectory): GenerationFiles {
  const logs: number[] = [];
  const images: number[] = [];
  for (const name of listNames(directory)) {
    const generation = Number(NAME.exec(name)?.[1] ?? 0);
    if (generation === 0 || generation > GENERATION_MAX) continue;
    if (name === logName(generation)) logs.push(generation);
    if (name === imageName(generation)) images.push(generation);
  }
  const ascending = (a: number, b: number): number => a - b;
  return { logs: logs.sort(ascending), images: images.sort(ascending) };
}

function listNames(directory: StorageDirectory): string[] {
  try {
    return directory.list();
  } catch (error) {
    throw storageFailure('list the directory', error);
  }
}

/**
 * A number above all files there, so that a leftover that could not be removed is never in the way, and of the other
 * parity than `generation`, as locations tell two generations apart by it. Throws `RangeError` where all are used up.
 */
export function generationAfter(generation: number, files: GenerationFiles): number {
  const taken = new Set([...files.logs, ...files.images]);
  let next = generation + 1;
  for (const number of taken) {
    if (number >= next && number < FOREIGN_MIN) next = number + ((number - generation) % 2 === 0 ? 1 : 2);
  }
  while (taken.has(next)) next += 2;
  if (next > GENERATION_MAX) throw new RangeError(`generations are numbered up to ${GENERATION_MAX}`);
  return next;
}
