import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../src/base/store-error.ts';
import { LogCache } from '../../src/cache/log-cache.ts';
import { ChildScript } from './child-script.ts';
import { workloads } from './operations.ts';
import { operationsHeld } from './survivor.ts';

/** What a process left that was killed while it made backups. */
export interface KilledBackups {
  /** Backups that it had reported as done: each is whole. */
  readonly done: number;
  /** What became of the backup that was being made. */
  readonly last: 'absent' | 'refused' | 'whole' | 'done';
  /** Entries that were compared. */
  readonly entries: number;
  /** How often the log of the store had been replaced. */
  readonly generation: number;
}

/** Lets `script` write to `directory` and back it up, and kills it in its backup `number`; then examines all of them. */
export async function killBackups(
  script: URL,
  directory: string,
  { number, delayMs }: { readonly number: number; readonly delayMs: number },
): Promise<KilledBackups> {
  const writer = new ChildScript(script, [directory]);
  await writer.lineWith(`begin ${number} `);
  if (delayMs > 0) await sleep(delayMs);
  await writer.kill();
  const { signal } = await writer.ended();
  if (signal !== 'SIGKILL')
    throw new Error(`the writer ended before it was killed: ${writer.lines.slice(-3).join(' | ')}`);
  const begun = writer.lines.filter((line) => line.startsWith('begin '));
  const done = writer.lines.filter((line) => line.startsWith('done ')).length;
  let entries = 0;
  let last: KilledBackups['last'] = 'done';
  for (const [at, line] of begun.entries()) {
    const found = examine(`${directory}-backup-${at}`, Number(line.split(' ')[2]));
    if (at < done && found.outcome !== 'whole') throw new Error(`backup ${at} was done, but is ${found.outcome}`);
    if (at >= done) last = found.outcome;
    entries += found.entries;
  }
  using cache = LogCache.open(directory);
  return { done, last, entries, generation: cache.stats().generation };
}

/** Opens the copy, which must hold exactly the first so many operations, unless it is refused. */
function examine(copy: string, operations: number): { outcome: 'absent' | 'refused' | 'whole'; entries: number } {
  if (!existsSync(copy) || readdirSync(copy).length === 0) return { outcome: 'absent', entries: 0 };
  const outcomes = [true, false].map((readOnly) => opened(copy, readOnly, operations));
  if (outcomes[0] !== outcomes[1]) throw new Error(`${copy} opens for a reader or a writer only`);
  const entries = outcomes[0];
  return entries === undefined ? { outcome: 'refused', entries: 0 } : { outcome: 'whole', entries };
}

/** The number of entries in the copy, `undefined` if it is refused as unfinished. */
function opened(copy: string, readOnly: boolean, operations: number): number | undefined {
  let cache: LogCache;
  try {
    cache = LogCache.open(copy, { readOnly });
  } catch (error) {
    if (error instanceof StoreError && error.code === 'INCOMPATIBLE') return undefined;
    throw error;
  }
  using opening = cache;
  const held = operationsHeld(opening, workloads.overwriting, operations);
  if (held !== operations) throw new Error(`${copy} holds ${held} operations instead of ${operations}`);
  if (!opening.verify().ok) throw new Error(`${copy} is damaged`);
  return opening.size;
}
