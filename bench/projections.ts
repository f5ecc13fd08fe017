/**
 * What a `Projector` costs beside the cache below it: `tsx bench/projections.ts` measures it alone.
 *
 * A warm `project` of a small state is compared with the least that an application could do by hand: a bare `get` of the
 * same entry and `JSON.parse` of its value. The two take turns, so that both share the noise of the machine.
 */
import { fileURLToPath } from 'node:url';
import { type EventReader, Freshness, LogCache, MemoryStorage, type Projection, Projector } from '../src/index.ts';
import { runBenchCommand } from './bench-command.ts';
import { type Figure, Figures } from './figures.ts';
import { formatCount, formatFigure, formatTable } from './table.ts';
import { timeInTurns, type Work } from './work.ts';
import { randomFrom, shuffled } from './workload.ts';

const turnSteps = 200;
const roundsDefault = 15;
const streamsDefault = 10_000;
const eventsPerStream = 10;
/** Engines compile code after it has run for a while: the figures of these rounds are dropped. */
const warmUpRounds = 3;
/** The bytes before the state in the value of a projection. */
const tagBytes = 1;

/** The parameters of the benchmark; each has a default. */
export interface ProjectionBench {
  readonly streams?: number;
  readonly rounds?: number;
}

interface Payment {
  readonly cents: number;
}

interface Total {
  cents: number;
  payments: number;
}

const total: Projection<Total, Payment> = {
  name: 'total',
  initial: () => ({ cents: 0, payments: 0 }),
  apply: (state, { cents }) => {
    state.cents += cents;
    state.payments += 1;
    return state;
  },
};

/** Events of many streams in memory: the cost of the log itself is not measured. */
class Payments implements EventReader<Payment> {
  readonly names: readonly string[];
  readonly #heads: Map<string, bigint>;
  readonly #events: { sequence: bigint; event: Payment }[] = [];

  constructor(streams: number) {
    this.names = Array.from({ length: streams }, (_, i) => `order:${i}`);
    this.#heads = new Map(this.names.map((name) => [name, BigInt(eventsPerStream)]));
    for (let i = 1; i <= eventsPerStream; i += 1) this.#events.push({ sequence: BigInt(i), event: { cents: i } });
  }

  /** Records one more event in each stream. */
  grow(): void {
    const sequence = BigInt(this.#events.length + 1);
    this.#events.push({ sequence, event: { cents: 1 } });
    for (const name of this.names) this.#heads.set(name, sequence);
  }

  head(stream: string): bigint | undefined {
    return this.#heads.get(stream);
  }

  read(_stream: string, _kinds: readonly string[], after = 0n): Iterable<{ sequence: bigint; event: Payment }> {
    return this.#events.slice(Number(after));
  }
}

/** Operations a second of projections, hot and cold, with the ratio to the bare work as a remark. */
export function measureProjections({
  streams = streamsDefault,
  rounds = roundsDefault,
}: ProjectionBench = {}): readonly Figure[] {
  const source = new Payments(streams);
  const cache = LogCache.open('projections', { storage: new MemoryStorage() });
  const projector = new Projector({ cache, source });
  const names = Array.from(shuffled(streams, randomFrom(44)), (i) => source.names[i] as string);
  for (const name of names) projector.project(total, name);

  const bare = getAndParse(cache);
  const hits = [
    projecting('project, at the head', projector, names, Freshness.consistent),
    projecting('project, best effort', projector, names, Freshness.bestEffort({ maxStaleMs: 3_600_000 })),
  ];
  const figures = new Figures();
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const work of hits) {
      const [ms, bareMs] = timeInTurns([work, bare], turnSteps);
      if (round < 0) continue;
      figures.addRound(work, ms);
      figures.addRound({ ...bare, name: `${work.name}: get and JSON.parse alone` }, bareMs);
    }
  }
  for (const { name } of hits) {
    const ratio = 1 / figures.ratio(name, `${name}: get and JSON.parse alone`);
    figures.remark(name, `${ratio.toFixed(2)}x the time of get and JSON.parse`);
  }
  for (let round = 0; round < rounds; round += 1) {
    source.grow();
    figures.round(projecting('project, one event behind', projector, names, Freshness.consistent));
    cache.deletePrefix('');
    figures.round(
      projecting(`project, absent, ${eventsPerStream} events or more`, projector, names, Freshness.consistent),
    );
  }
  cache.close();
  return figures.all();
}

function projecting(name: string, projector: Projector<Payment>, names: readonly string[], freshness: Freshness): Work {
  return {
    name,
    steps: names.length,
    step(i) {
      if (projector.project(total, names[i] as string, freshness) === undefined) throw new Error(`${name}: no state`);
    },
  };
}

/** The same entries, by their keys. */
function getAndParse(cache: LogCache): Work {
  const decoder = new TextDecoder();
  const all = [...cache.keys()];
  const keys = Array.from(shuffled(all.length, randomFrom(55)), (i) => all[i] as Uint8Array);
  return {
    name: 'get and JSON.parse',
    steps: keys.length,
    step(i) {
      const entry = cache.get(keys[i] as Uint8Array);
      if (entry === undefined) throw new Error('an entry is missing');
      JSON.parse(decoder.decode(entry.value.subarray(tagBytes)));
    },
  };
}

/** The figures as text. */
export function formatProjections(figures: readonly Figure[]): string {
  const rows = figures.map(({ work, operations, perSecond: { median, min, max }, remark }) => [
    ...[work, formatCount(operations), formatCount(median), formatCount(min), formatCount(max)],
    ...[`${formatFigure(1e6 / median)} us`, remark],
  ]);
  return formatTable(['work', 'operations', 'ops/s', 'from', 'to', 'each', ''], rows);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runBenchCommand(
    {
      script: 'bench:projections',
      about: `What a Projector costs beside the cache below it. ops/s: the median of the
rounds, from: the slowest, to: the fastest; a difference within that range is
noise. "x the time of get and JSON.parse": how much longer than reading the same
entry without a projector; 1 would be no cost at all.`,
      takesDirectory: false,
      run: () => formatProjections(measureProjections()),
    },
    process.argv.slice(2),
  );
}
