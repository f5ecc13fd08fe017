import { LogCache } from '../../../src/index.ts';
import { filePrefix } from './activity-key.ts';
import type { BusyFile } from './busiest-files.ts';
import { busiestFiles } from './busiest-files.ts';
import { diskBytesOf } from './cache-directory.ts';
import type { PhaseResult } from './fold-phase.ts';
import type { PhaseTools } from './phase-report.ts';
import { Snapshot } from './snapshot.ts';
import { Stopwatch } from './stopwatch.ts';

export interface ReadPhase {
  readonly name: string;
  readonly directory: string;
  /** How many of the busiest files to look for. */
  readonly busiestCount: number;
}

/** Opens the cache in a directory and reads everything in it; no event is looked at. */
export function readPhase(phase: ReadPhase, tools: PhaseTools): PhaseResult & { readonly busiest: BusyFile[] } {
  const watch = new Stopwatch(tools.nowMs);
  watch.start();
  const cache = LogCache.open(phase.directory);
  try {
    const entries = [...cache.entries()];
    watch.stop();

    // What an application would ask: only the files, found by the prefix that their keys share.
    const busiest = busiestFiles(cache.entries({ prefix: filePrefix }), phase.busiestCount);

    watch.start();
    cache.close();
    watch.stop();
    const counts = { name: phase.name, events: 0, updates: 0, entries: entries.length };
    const costs = { ms: watch.ms, cacheMs: watch.ms, diskBytes: diskBytesOf(phase.directory) };
    const report = { ...counts, ...costs, entriesTouched: entries.length };
    return { report, snapshot: new Snapshot(entries), busiest };
  } finally {
    // Does nothing unless something above has thrown.
    cache.close();
  }
}
