import { medianOf } from '../percentiles.ts';
import { type Figures, type Measure, measures, ourName, timesOurs } from './measures.ts';

/** The figures of a peer: one set for each round, in order. */
export interface PeerRounds {
  readonly peer: string;
  /** Fewer than requested if more would take minutes. */
  readonly entries: number;
  readonly rounds: readonly Figures[];
}

/** One measure of one peer over all rounds. */
export interface Summary {
  readonly peer: string;
  readonly measure: string;
  readonly entries: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How good it is compared with ours, 2 is twice as good: the median of the ratios of all rounds. */
  readonly timesOurs: number;
}

/** Every measure of every peer that has it, in the order of the measures. */
export function summarize(all: readonly PeerRounds[]): Summary[] {
  const ours = all.find(({ peer }) => peer === ourName);
  if (ours === undefined) throw new Error(`there are no figures of ${ourName} to compare with`);
  return measures.flatMap((measure) => all.flatMap((peer) => summaryOf(measure, peer, ours)));
}

function summaryOf(measure: Measure, { peer, entries, rounds }: PeerRounds, ours: PeerRounds): Summary[] {
  const pairs = rounds.flatMap((figures, round) => {
    const [figure, our] = [figures[measure.name], ours.rounds[round]?.[measure.name]];
    return figure === undefined ? [] : [{ figure, times: our === undefined ? [] : [timesOurs(measure, figure, our)] }];
  });
  if (pairs.length === 0) return [];
  const figures = pairs.map(({ figure }) => figure);
  const [median, min, max] = [medianOf(figures), Math.min(...figures), Math.max(...figures)];
  const times = pairs.flatMap((pair) => pair.times);
  return [
    { peer, measure: measure.name, entries, median, min, max, timesOurs: times.length > 0 ? medianOf(times) : 0 },
  ];
}

/** Below this factor two figures of a noisy machine count as equal. */
export const tieFactor: number = 1.2;

export type Verdict = 'better' | 'tie' | 'worse';

/** How a peer compares with ours at a measure. */
export function verdictOf({ timesOurs: times }: Pick<Summary, 'timesOurs'>): Verdict {
  if (times > tieFactor) return 'better';
  return times < 1 / tieFactor ? 'worse' : 'tie';
}
