import { medianOf } from './percentiles.ts';
import { formatFigure, formatTable } from './table.ts';

/** A work is reported as slower if it is slower by more than this, beyond the spread. */
const SLOWER_RATIO = 1.1;

/** Microseconds for an operation of each work, by the name of the work. */
export type WorkTimes = Readonly<Record<string, number>>;

/** The comparison of one work: times are medians in microseconds, ratios those of the second build to the first. */
export interface Comparison {
  readonly work: string;
  readonly before: number;
  readonly after: number;
  readonly ratio: number;
  /** How much the ratio varies, up or down, in the middle half of the rounds. */
  readonly spread: number;
  readonly slower: boolean;
}

/** Compares two builds round by round, so that a slow round affects both equally. */
export function compareRounds(before: readonly WorkTimes[], after: readonly WorkTimes[]): Comparison[] {
  return Object.keys(before[0] ?? {}).map((work) => {
    const first = before.map((times) => times[work] ?? 0);
    const second = after.map((times) => times[work] ?? 0);
    const ratios = second.map((us, round) => us / (first[round] ?? us));
    const ratio = medianOf(ratios);
    const spread = spreadOf(ratios);
    return {
      work,
      before: medianOf(first),
      after: medianOf(second),
      ratio,
      spread,
      slower: ratio - spread > SLOWER_RATIO,
    };
  });
}

/** The comparison as text. */
export function formatComparison(comparisons: readonly Comparison[], names: readonly [string, string]): string {
  const rows = comparisons.map(({ work, before, after, ratio, spread, slower }) => {
    const times = [formatFigure(before), formatFigure(after)];
    return [work, ...times, ratio.toFixed(2), `+-${spread.toFixed(2)}`, slower ? 'slower' : ''];
  });
  return [
    formatTable(['work, us each', ...names, 'ratio', 'spread', ''], rows),
    '',
    `ratio: the time of ${names[1]} as a multiple of that of ${names[0]}, the median of the rounds; above 1`,
    `${names[1]} is slower. spread: how much the ratio varies between rounds; a smaller`,
    `difference is noise. "slower": the ratio less its spread is above ${SLOWER_RATIO}.`,
    '',
    verdictOf(comparisons, names),
  ].join('\n');
}

function verdictOf(comparisons: readonly Comparison[], [before, after]: readonly [string, string]): string {
  const slower = comparisons.filter((comparison) => comparison.slower).map(({ work }) => work);
  if (slower.length === 0) return `Verdict: beyond the noise, ${after} is nowhere slower than ${before}.`;
  return `Verdict: ${after} is slower than ${before} at ${slower.length} of ${comparisons.length}: ${slower.join('; ')}.`;
}

/** Half of the interquartile range; for few rounds, half of the range. */
function spreadOf(ratios: readonly number[]): number {
  const sorted = ratios.toSorted((a, b) => a - b);
  const outside = Math.floor(sorted.length / 4);
  return ((sorted.at(-1 - outside) ?? 0) - (sorted[outside] ?? 0)) / 2;
}
