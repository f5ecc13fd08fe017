import { setTimeout as sleep } from 'node:timers/promises';
import { ChildScript } from './child-script.ts';
import type { WorkloadName } from './operations.ts';

/** What a writer does, according to its lines. */
export type WriterPhase = 'start' | 'open' | 'append' | 'compaction' | 'image';

/** When to kill: `delayMs` after the writer started, or after it started `phase` if one is named. */
export interface KillPlan {
  readonly phase?: Exclude<WriterPhase, 'start'>;
  readonly delayMs: number;
  /** The writer closes and reopens its cache after so many syncs. */
  readonly syncsUntilReopening?: number;
}

/** What a killed writer had reported. */
export interface Testimony {
  readonly pid: number;
  /** The operations it had reported as durable; 0 if none. */
  readonly synced: number;
  /** Whether it certainly held the lock when it was killed. */
  readonly held: boolean;
  readonly phase: WriterPhase;
}

/** The line that a writer writes when it starts a phase. */
const beginnings = { open: 'opening', append: 'synced ', compaction: 'compacting', image: 'closing' } as const;
/** A writer that does not reach its phase is killed after this time. */
const patienceMs = 1500;

/** Runs the writer of `script` from operation `first` on and kills it. */
export async function writeUntilKilled(
  script: URL,
  directory: string,
  name: WorkloadName,
  first: number,
  { phase, delayMs, syncsUntilReopening = 60 }: KillPlan,
): Promise<Testimony> {
  const writer = new ChildScript(script, [directory, name, String(first), String(syncsUntilReopening)]);
  // The first round has its first entries to sync; the later ones may be killed from the start of their opening.
  const start = await writer.lineWith(first === 0 ? 'synced ' : 'opening');
  if (start === undefined) throw new Error('the writer ended before it was killed');
  if (phase !== undefined) await within(writer.lineWith(beginnings[phase], start + (first === 0 ? 1 : 0)), patienceMs);
  if (delayMs > 0) await sleep(delayMs);
  await writer.kill();
  const { signal } = await writer.ended();
  if (signal !== 'SIGKILL')
    throw new Error(`the writer ended before it was killed: ${writer.lines.slice(-5).join(' | ')}`);
  return testimonyOf(writer);
}

function testimonyOf({ pid, lines }: ChildScript): Testimony {
  const synced = Number(lines.findLast((line) => line.startsWith('synced '))?.slice(7) ?? 0);
  const phase = phaseAfter(lines);
  return { pid, synced, held: phase === 'append' || phase === 'compaction', phase };
}

/** What a writer that has written these lines is doing. */
export function phaseAfter(lines: readonly string[]): WriterPhase {
  const place = lines.findLast((line) => line === 'opening' || line === 'open' || line === 'closing');
  if (place === undefined) return 'start';
  if (place === 'opening') return 'open';
  if (place === 'closing') return 'image';
  return lines.findLast((line) => line.startsWith('compact')) === 'compacting' ? 'compaction' : 'append';
}

/** Waits for a promise, or for the timeout; the timer is cleared afterwards. */
async function within(awaited: Promise<unknown>, milliseconds: number): Promise<void> {
  const timer = new AbortController();
  const timeout = sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([awaited, timeout]);
  timer.abort();
}
