import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LogCache } from '../../src/cache/log-cache.ts';

/** What a backup of a large cache took, while the cache was written to. */
export interface LoadedBackup {
  /** Entries of the copy, all of them compared with the moment of the backup. */
  readonly entries: number;
  /** Puts that were made while the backup ran. */
  readonly puts: number;
  readonly seconds: number;
  /** The longest time between two puts while the backup ran, and the median, in milliseconds. */
  readonly pauseMsMax: number;
  readonly pauseMsMedian: number;
  /** The longest of a few syncs of 4 MiB on this disk, in milliseconds. */
  readonly syncMsMax: number;
}

const valueBytes = 256;
/** Puts between two turns of the event loop. */
const turnPuts = 20;

/** Backs up a cache of so many entries below `folder` while all of them are put again, and compares the copy. */
export async function backUpUnderLoad(folder: string, entries: number): Promise<LoadedBackup> {
  using cache = LogCache.open(join(folder, 'cache'));
  const put = (number: number, round: number): void =>
    cache.put(keyOf(number), valueFor(number, round), { watermark: BigInt(round), cachedAtUs: 0n });
  for (let number = 0; number < entries; number += 1) put(number, 0);
  cache.sync();
  const copy = join(folder, 'backup');
  const started = performance.now();
  let isDone = false;
  const done = cache.backupAsync(copy).finally(() => {
    isDone = true;
  });
  const pauses: number[] = [];
  let puts = 0;
  for (let last = performance.now(); !isDone; puts += 1) {
    put(puts % entries, 1 + Math.floor(puts / entries));
    const now = performance.now();
    pauses.push(now - last);
    last = now;
    if (puts % turnPuts === 0) await nextTurn();
  }
  await done;
  const seconds = (performance.now() - started) / 1000;
  compare(copy, entries);
  pauses.sort((a, b) => a - b);
  const pauseMsMedian = pauses[pauses.length >>> 1] ?? 0;
  const pauseMsMax = pauses.at(-1) ?? 0;
  return { entries, puts, seconds, pauseMsMax, pauseMsMedian, syncMsMax: syncMsMax(cache) };
}

/** Throws unless the copy holds the first value of each entry and nothing else. */
function compare(copy: string, entries: number): void {
  using cache = LogCache.open(copy);
  if (cache.size !== entries) throw new Error(`the copy has ${cache.size} entries instead of ${entries}`);
  for (let number = 0; number < entries; number += 1) {
    const entry = cache.get(keyOf(number));
    const isRight = entry?.meta.watermark === 0n && Buffer.compare(entry.value, valueFor(number, 0)) === 0;
    if (!isRight) throw new Error(`${keyOf(number)} is not as it was at the moment of the backup`);
  }
}

function syncMsMax(cache: LogCache): number {
  let longest = 0;
  for (let i = 0; i < 5; i += 1) {
    cache.put(`sync ${i}`, new Uint8Array(4 * 1024 * 1024), { watermark: 0n, cachedAtUs: 0n });
    const started = performance.now();
    cache.sync();
    longest = Math.max(longest, performance.now() - started);
  }
  return longest;
}

function keyOf(number: number): string {
  return `order:${String(number).padStart(8, '0')}:total`;
}

function valueFor(number: number, round: number): Uint8Array {
  return new Uint8Array(valueBytes).fill((number + 7 * round) % 256);
}
