import type { ProjectorStats } from '../projection/projector-counters.ts';
import type { LogCacheStats } from '../store/store-stats.ts';

/** One metric of a cache or a projector. */
export interface Metric {
  /** Its name, which is stable. It ends in `_total` for a counter and in `_bytes` for a number of bytes. */
  readonly name: string;
  /** `counter`: a number that only grows, from 0 when the cache is opened. `gauge`: the state at this moment. */
  readonly kind: 'counter' | 'gauge';
  /** The unit in the notation of OpenTelemetry: `By` for bytes, `{entry}` for entries. */
  readonly unit: string;
  /** What it counts, in a line. */
  readonly help: string;
  /** A finite number. */
  readonly value: number;
}

/** What is known of a metric before it is read from the statistics. */
interface Definition<Stats> extends Omit<Metric, 'value'> {
  readonly read: (stats: Stats) => number;
}

function gauge<Stats>(name: string, unit: string, help: string, read: (stats: Stats) => number): Definition<Stats> {
  return { name: `projection_cache_${name}`, kind: 'gauge', unit, help, read };
}

function counter<Stats>(name: string, unit: string, help: string, read: (stats: Stats) => number): Definition<Stats> {
  return { name: `projection_cache_${name}_total`, kind: 'counter', unit, help, read };
}

const CACHE_METRICS: readonly Definition<LogCacheStats>[] = [
  gauge('entries', '{entry}', 'Entries in the cache.', ({ entries }) => entries),
  gauge('live_bytes', 'By', 'Bytes of the records of all entries.', ({ liveBytes }) => liveBytes),
  gauge('dead_bytes', 'By', 'Bytes of the log that a compaction would free.', ({ deadBytes }) => deadBytes),
  gauge('log_bytes', 'By', 'Bytes of the log.', ({ logBytes }) => logBytes),
  gauge('index_bytes', 'By', 'Memory of the index.', ({ indexBytes }) => indexBytes),
  gauge('page_bytes', 'By', 'Memory of the pages of the log.', ({ pageBytes }) => pageBytes),
  gauge('generation', '{generation}', 'Number of the log; a compaction increases it.', ({ generation }) => generation),
  counter('hits', '{read}', 'Reads that found their entry.', ({ counters }) => counters.hits),
  counter('misses', '{read}', 'Reads that found no entry.', ({ counters }) => counters.misses),
  counter('evictions', '{entry}', 'Entries evicted to keep maxBytes.', ({ counters }) => counters.evictions),
  counter('corruptions', '{entry}', 'Damaged entries that were forgotten.', ({ counters }) => counters.corruptions),
  counter('recoveries', '{opening}', 'Openings after an end without close.', ({ counters }) => counters.recoveries),
  counter('compactions', '{compaction}', 'Compactions that ended.', ({ counters }) => counters.compactions),
  counter('syncs', '{sync}', 'Successful syncs of the log.', ({ counters }) => counters.syncs),
];

const PROJECTOR_METRICS: readonly Definition<ProjectorStats>[] = [
  counter('projector_hits', '{call}', 'Calls that returned the cached state.', ({ hits }) => hits),
  counter('projector_deltas', '{call}', 'Calls that folded newer events onto it.', ({ deltas }) => deltas),
  counter('projector_replays', '{call}', 'Calls that folded all events.', ({ replays }) => replays),
  counter('projector_empties', '{call}', 'Calls for streams without events.', ({ empties }) => empties),
  counter('projector_events_read', '{event}', 'Events folded.', ({ eventsRead }) => eventsRead),
  counter('projector_cache_failures', '{call}', 'Failed calls of the cache.', ({ cacheFailures }) => cacheFailures),
  counter('projector_undecodable', '{state}', 'Cached states that did not decode.', ({ undecodable }) => undecodable),
  counter('projector_shadow_checks', '{state}', 'States compared with a replay.', ({ shadowChecks }) => shadowChecks),
  counter(
    'projector_shadow_differences',
    '{state}',
    'States that differed from their replay.',
    ({ shadowDifferences }) => shadowDifferences,
  ),
];

/** The metrics of `stats()` of a cache or a projector, as plain numbers, in a stable order. */
export function metricsOf(stats: LogCacheStats | ProjectorStats): readonly Metric[] {
  return 'counters' in stats ? valuesOf(CACHE_METRICS, stats) : valuesOf(PROJECTOR_METRICS, stats);
}

function valuesOf<Stats>(definitions: readonly Definition<Stats>[], stats: Stats): Metric[] {
  return definitions.map(({ read, ...definition }) => ({ ...definition, value: read(stats) }));
}
