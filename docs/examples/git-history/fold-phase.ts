import { LogCache } from '../../../src/index.ts';
import { ActivityFold } from './activity-fold.ts';
import { diskBytesOf } from './cache-directory.ts';
import type { CommitLog } from './commit-log.ts';
import type { PhaseReport, PhaseTools } from './phase-report.ts';
import { Snapshot } from './snapshot.ts';
import { Stopwatch } from './stopwatch.ts';

export interface FoldPhase {
  readonly name: string;
  /** Where the cache is. */
  readonly directory: string;
  /** Position of the last commit to fold, from 1. */
  readonly throughCommit: number;
}

/** What a phase did, and what the cache held at its end. */
export interface PhaseResult {
  readonly report: PhaseReport;
  readonly snapshot: Snapshot;
}

/**
 * Opens the cache in a directory, folds the events it lacks, makes the result durable, and closes it. The same code
 * starts from nothing and goes on from where an earlier run stopped: the cache itself says which of the two it is.
 */
export async function foldPhase(phase: FoldPhase, log: CommitLog, tools: PhaseTools): Promise<PhaseResult> {
  const whole = new Stopwatch(tools.nowMs);
  const inCache = new Stopwatch(tools.nowMs);
  whole.start();
  inCache.start();
  const cache = LogCache.open(phase.directory);
  try {
    forgetUnlessWhole(cache);
    inCache.stop();
    const fold = new ActivityFold(cache, tools.nowUs);
    const range = { after: fold.position(), throughCommit: phase.throughCommit };
    for await (const recorded of log.read(range)) {
      inCache.start();
      fold.apply(recorded);
      inCache.stop();
      tools.onProgress(phase.name, recorded.event.commit);
    }

    inCache.start();
    cache.sync();
    inCache.stop();
    whole.stop();

    // Looking at what came out is for the comparison afterwards, not part of the job that is measured.
    const snapshot = new Snapshot(cache.entries());

    whole.start();
    inCache.start();
    cache.close();
    inCache.stop();
    whole.stop();
    const { events, updates } = fold;
    const counts = { name: phase.name, events, updates, entries: snapshot.size, entriesTouched: updates };
    const costs = { ms: whole.ms, cacheMs: inCache.ms, diskBytes: diskBytesOf(phase.directory) };
    return { report: { ...counts, ...costs }, snapshot };
  } finally {
    // Does nothing unless something above has thrown.
    cache.close();
  }
}

/**
 * Makes a cache that lost entries to damage forget the others too, so that everything is folded again.
 *
 * There is one position for all entries, and it holds only as long as they are all there: a lost one cannot be told
 * from a file that is new, and would be folded from its middle. A cache may forget, but its user must not lie.
 */
function forgetUnlessWhole(cache: LogCache): void {
  const lost = cache.stats().recovery.damaged.length > 0;
  if (lost || cache.verify().entriesDamaged > 0) cache.deletePrefix('');
}
