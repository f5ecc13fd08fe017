import { LogCache, Projector } from '../../../src/index.ts';
import { pathOfFile } from './activity-stream.ts';
import type { BusyFile } from './busiest-files.ts';
import { diskBytesOf } from './cache-directory.ts';
import { fileActivity } from './file-activity.ts';
import type { FileChange } from './file-change.ts';
import type { HistoryReader } from './history-log.ts';
import type { PhaseReport, PhaseTools } from './phase-report.ts';
import { Snapshot } from './snapshot.ts';
import { Stopwatch } from './stopwatch.ts';

export interface ProjectPhase {
  readonly name: string;
  /** Where the cache is. */
  readonly directory: string;
  readonly source: HistoryReader;
}

/** The report on a phase, the contents of the cache at its end, and the projections of the files. */
export interface PhaseResult {
  readonly report: PhaseReport;
  readonly snapshot: Snapshot;
  readonly files: readonly BusyFile[];
}

/**
 * Opens the cache in a directory, projects every stream, makes the result durable, and closes it. The same code starts
 * from an empty cache, finds every state, or continues where an earlier run stopped: the cache decides for each stream.
 */
export function projectPhase({ name, directory, source }: ProjectPhase, tools: PhaseTools): PhaseResult {
  const watch = new Stopwatch(tools.nowMs);
  watch.start();
  const cache = LogCache.open(directory);
  try {
    const projector = new Projector({ cache, source, nowUs: tools.nowUs });
    const files = projectAll(projector, source.streams(), (done, of) => tools.onProgress(name, done, of));
    cache.sync();
    watch.stop();

    // Reading the result is part of the comparison afterwards, not of the measured work.
    const snapshot = new Snapshot(cache.entries());

    watch.start();
    cache.close();
    watch.stop();
    const { eventsRead: events, replays, deltas, hits } = projector.stats();
    const counts = { name, events, replays, deltas, hits, entries: snapshot.size };
    return { report: { ...counts, ms: watch.ms, diskBytes: diskBytesOf(directory) }, snapshot, files };
  } finally {
    // Does nothing unless an error was thrown above.
    cache.close();
  }
}

/** The projections of the files; those of directories are only cached. */
function projectAll(
  projector: Projector<FileChange>,
  streams: readonly string[],
  onProgress: (done: number, of: number) => void,
): BusyFile[] {
  const files: BusyFile[] = [];
  for (const [index, stream] of streams.entries()) {
    const activity = projector.project(fileActivity, stream);
    const path = pathOfFile(stream);
    if (path !== undefined && activity !== undefined) files.push({ path, activity });
    onProgress(index + 1, streams.length);
  }
  return files;
}
