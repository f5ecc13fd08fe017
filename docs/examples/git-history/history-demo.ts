import { join } from 'node:path';
import type { BusyFile } from './busiest-files.ts';
import { emptyCache } from './cache-directory.ts';
import type { CommitLog } from './commit-log.ts';
import { foldPhase } from './fold-phase.ts';
import type { PhaseReport, PhaseTools } from './phase-report.ts';
import { readPhase } from './read-phase.ts';

/** The part of the history that the third cache is filled with before the rest is folded onto it. */
const earlierShare = 0.9;
const busiestCount = 10;

export interface DemoResult {
  readonly phases: readonly PhaseReport[];
  /** Last commit of the phase `earlier`. */
  readonly earlierCommits: number;
  readonly busiest: readonly BusyFile[];
  /** Of all entries; it is the same after every way of getting to the head. */
  readonly fingerprint: string;
}

/**
 * Gets from the first commit to the head in three ways and checks that they lead to the same entries:
 *
 * - `cold`: an empty cache, every event folded;
 * - `warm`: the same cache opened again and read, no event folded;
 * - `delta`: a cache that was closed at an earlier commit, opened again, and only the later events folded onto it.
 *
 * The caches are in two directories below `directory`. @throws {DemoError} when two of the ways disagree.
 */
export async function runDemo(log: CommitLog, directory: string, tools: PhaseTools): Promise<DemoResult> {
  const wholeDirectory = join(directory, 'whole');
  const resumedDirectory = join(directory, 'resumed');
  emptyCache(wholeDirectory);
  emptyCache(resumedDirectory);
  const earlierCommits = Math.floor(log.commits * earlierShare);

  const throughHead = { throughCommit: log.commits };
  const cold = await foldPhase({ name: 'cold', directory: wholeDirectory, ...throughHead }, log, tools);
  const warm = readPhase({ name: 'warm', directory: wholeDirectory, busiestCount }, tools);
  warm.snapshot.mustEqual(cold.snapshot, 'warm', 'cold');

  const toEarlier = { name: 'earlier', directory: resumedDirectory, throughCommit: earlierCommits };
  const earlier = await foldPhase(toEarlier, log, tools);
  const delta = await foldPhase({ name: 'delta', directory: resumedDirectory, ...throughHead }, log, tools);
  delta.snapshot.mustEqual(cold.snapshot, 'delta', 'cold');

  const phases = [cold.report, warm.report, earlier.report, delta.report];
  return { phases, earlierCommits, busiest: warm.busiest, fingerprint: cold.snapshot.fingerprint() };
}
