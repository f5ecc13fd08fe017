import { join } from 'node:path';
import { type BusyFile, busiestFiles } from './busiest-files.ts';
import { emptyCache } from './cache-directory.ts';
import type { CommitLog } from './commit-log.ts';
import { DemoError } from './demo-error.ts';
import { HistoryLog } from './history-log.ts';
import type { PhaseReport, PhaseTools } from './phase-report.ts';
import { projectPhase } from './project-phase.ts';
import { Stopwatch } from './stopwatch.ts';

/** The share of the history in the third cache before the rest is folded onto it. */
const earlierShare = 0.9;
const busiestCount = 10;

export interface DemoResult {
  /** Events in the history: one for each file of each commit. */
  readonly events: number;
  /** The time to read them from git, in milliseconds. */
  readonly readMs: number;
  /** The time to read only those after the phase `earlier`. */
  readonly readLaterMs: number;
  /** The phases `cold`, `warm`, `earlier` and `delta`. */
  readonly phases: readonly [PhaseReport, PhaseReport, PhaseReport, PhaseReport];
  /** The last commit of the phase `earlier`. */
  readonly earlierCommits: number;
  readonly busiest: readonly BusyFile[];
  /** The fingerprint of all entries; the same for every way to the head. */
  readonly fingerprint: string;
}

/**
 * Gets to the head in three ways and checks that they lead to the same entries:
 *
 * - `cold`: an empty cache, everything replayed;
 * - `warm`: the same cache opened again, everything found in it;
 * - `delta`: a cache that was closed at an earlier commit, opened again, and only the later events folded onto it.
 *
 * The caches are in two directories below `directory`. @throws {DemoError} when two of the ways disagree.
 */
export async function runDemo(log: CommitLog, directory: string, tools: PhaseTools): Promise<DemoResult> {
  const wholeDirectory = join(directory, 'whole');
  const resumedDirectory = join(directory, 'resumed');
  emptyCache(wholeDirectory);
  emptyCache(resumedDirectory);
  const { history, readMs } = await readHistory(log, tools);
  const earlierCommits = Math.floor(log.commits * earlierShare);
  const atHead = history.until(log.commits);

  const cold = projectPhase({ name: 'cold', directory: wholeDirectory, source: atHead }, tools);
  const warm = projectPhase({ name: 'warm', directory: wholeDirectory, source: atHead }, tools);
  warm.snapshot.mustEqual(cold.snapshot, 'warm', 'cold');

  const atEarlier = history.until(earlierCommits);
  const earlier = projectPhase({ name: 'earlier', directory: resumedDirectory, source: atEarlier }, tools);
  const delta = projectPhase({ name: 'delta', directory: resumedDirectory, source: atHead }, tools);
  delta.snapshot.mustEqual(cold.snapshot, 'delta', 'cold');

  return {
    events: history.size,
    readMs,
    readLaterMs: await timeToRead(log, earlierCommits, history.size - atEarlier.size, tools),
    phases: [cold.report, warm.report, earlier.report, delta.report],
    earlierCommits,
    busiest: busiestFiles(warm.files, busiestCount),
    fingerprint: cold.snapshot.fingerprint(),
  };
}

/** Reads only the events after a commit, as a program would that continues there. @throws {DemoError} if they differ. */
async function timeToRead(log: CommitLog, after: number, expected: number, tools: PhaseTools): Promise<number> {
  const watch = new Stopwatch(tools.nowMs);
  watch.start();
  let events = 0;
  for await (const _ of log.read(after)) events += 1;
  watch.stop();
  if (events !== expected) throw new DemoError(`git has ${events} events after commit ${after}, and had ${expected}`);
  return watch.ms;
}

async function readHistory(log: CommitLog, tools: PhaseTools): Promise<{ history: HistoryLog; readMs: number }> {
  const watch = new Stopwatch(tools.nowMs);
  watch.start();
  const history = new HistoryLog(log.head);
  for await (const recorded of log.read()) {
    history.append(recorded);
    tools.onProgress('git', recorded.event.commit, log.commits);
  }
  watch.stop();
  return { history, readMs: watch.ms };
}
