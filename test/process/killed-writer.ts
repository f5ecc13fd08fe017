import { setTimeout as sleep } from 'node:timers/promises';
import { ChildScript } from './child-script.ts';
import type { WorkloadName } from './operations.ts';

/** What a writer does, as far as its lines tell. */
export type WriterPhase = 'start' | 'open' | 'append' | 'compaction' | 'image';

/** When to kill: after `delayMs`, counted from the moment at which the writer began with `phase`, where one is named. */
export interface KillPlan {
  readonly phase?: Exclude<WriterPhase, 'start'>;
  readonly delayMs: number;
  /** The writer closes and opens its cache again after so many syncs. */
  readonly syncsUntilReopening?: number;
}

/** What a killed writer had said. */
export interface Testimony {
  readonly pid: number;
  /** Operations it had called durable, 0 where it had come to none. */
  readonly synced: number;
  /** Whether it certainly held the lock when it was killed. */
  readonly held: boolean;
  readonly phase: WriterPhase;
}

/** The line a writer says when it begins with a phase. */
const beginnings = { open: 'opening', append: 'synced ', compaction: 'compacting', image: 'closing' } as const;
/** A writer that does not come to what it is to be killed in is killed all the same. */
const patienceMs = 1500;

/** Lets the writer of `script` run from operation `first` on and kills it. */
export async function writeUntilKilled(
  script: URL,
  directory: string,
  name: WorkloadName,
  first: number,
  { phase, delayMs, syncsUntilReopening = 60 }: KillPlan,
): Promise<Testimony> {
  const writer = new ChildScript(script, [directory, name, String(first), String(syncsUntilReopening)]);
  // The first round has its first entries to sync; the later ones may be killed from the moment they begin to open.
  const start = await writer.lineWith(first === 0 ? 'synced ' : 'opening');
  if (start === undefined) throw new Error('the writer ended by itself');
  if (phase !== undefined) await within(writer.lineWith(beginnings[phase], start + (first === 0 ? 1 : 0)), patienceMs);
  if (delayMs > 0) await sleep(delayMs);
  await writer.kill();
  const { signal } = await writer.ended();
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself: ${writer.lines.slice(-5).join(' | ')}`);
  return testimonyOf(writer);
}

function testimonyOf({ pid, lines }: ChildScript): Testimony {
  const synced = Number(lines.findLast((line) => line.startsWith('synced '))?.slice(7) ?? 0);
  const phase = phaseAfter(lines);
  return { pid, synced, held: phase === 'append' || phase === 'compaction', phase };
}

/** What a writer that has said these lines is doing. */
export function phaseAfter(lines: readonly string[]): WriterPhase {
  const place = lines.findLast((line) => line === 'opening' || line === 'open' || line === 'closing');
  if (place === undefined) return 'start';
  if (place === 'opening') return 'open';
  if (place === 'closing') return 'image';
  return lines.findLast((line) => line.startsWith('compact')) === 'compacting' ? 'compaction' : 'append';
}

/** Waits for what may never come; the timer is gone when it has come. */
async function within(awaited: Promise<unknown>, milliseconds: number): Promise<void> {
  const timer = new AbortController();
  const timeout = sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([awaited, timeout]);
  timer.abort();
}
