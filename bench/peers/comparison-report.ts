import { formatCount, formatFigure, formatTable } from '../table.ts';
import type { Limit } from './limits.ts';
import { measures, ourName } from './measures.ts';
import { type Summary, tieFactor, verdictOf } from './summary.ts';

/** The medians of every peer at every measure, one line for each measure. */
export function overviewTable(summaries: readonly Summary[]): string {
  const peers = peersOf(summaries);
  const rows = measures.flatMap(({ name, unit }) => {
    const found = summaries.filter(({ measure }) => measure === name);
    if (found.length === 0) return [];
    return [[name, unit, ...peers.map((peer) => cell(found.find((summary) => summary.peer === peer)))]];
  });
  return formatTable(['median', '', ...peers], rows);
}

/** How to read `timesOurs` in a table. */
export const RATIO_LEGEND: string = [
  '"As good as ours": how many times as good as LogCache, in speed, time or bytes;',
  'above 1 the other store is better. It is the median of the ratios of all rounds,',
  'so that a slow moment of the machine does not count.',
].join('\n');

/** Every figure with its spread and its ratio to ours. */
export function detailTable(summaries: readonly Summary[]): string {
  const rows = summaries.map((summary, i) => {
    const { peer, measure, median, min, max, timesOurs, entries } = summary;
    const isFirst = summaries[i - 1]?.measure !== measure;
    const unit = measures.find(({ name }) => name === measure)?.unit ?? '';
    return [
      ...[isFirst ? measure : '', isFirst ? unit : '', peer, formatCount(entries)],
      ...[median, min, max].map(formatFigure),
      peer === ourName || timesOurs === 0 ? '' : `${formatFigure(timesOurs)}x`,
    ];
  });
  return formatTable(['measure', 'unit', 'peer', 'entries', 'median', 'from', 'to', 'as good as ours'], rows);
}

/** Where another store is better or equal, as lines for people; only the figures decide. */
export function winsOfOthers(summaries: readonly Summary[]): string {
  const others = summaries.filter(({ peer, timesOurs }) => peer !== ourName && timesOurs > 0);
  const named = ({ measure, peer, timesOurs }: Summary): string => `  ${measure}: ${peer}, ${formatFigure(timesOurs)}x`;
  const better = others.filter((summary) => verdictOf(summary) === 'better');
  const ties = others.filter((summary) => verdictOf(summary) === 'tie');
  return [
    `Where others win (better by more than ${tieFactor}x):`,
    ...(better.length > 0 ? better.map(named) : ['  nowhere in this run']),
    `As good (within ${tieFactor}x, which is noise):`,
    ...(ties.length > 0 ? ties.map(named) : ['  none in this run']),
  ].join('\n');
}

/** The limits of the machine, and our figures relative to them. */
export function limitTable(limits: readonly Limit[], summaries: readonly Summary[]): string {
  const rows = limits.map(({ name, measure, perSecond }) => {
    const ours = summaries.find((summary) => summary.measure === measure && summary.peer === ourName);
    const share = ours === undefined ? '' : `${formatFigure(ours.median / perSecond)}x`;
    return [name, formatCount(perSecond), measure, share];
  });
  return formatTable(['limit of the machine', 'per second', 'bounds', 'ours relative to it'], rows);
}

function peersOf(summaries: readonly Summary[]): string[] {
  return [...new Set(summaries.map(({ peer }) => peer))];
}

function cell(summary: Summary | undefined): string {
  return summary === undefined ? '-' : formatFigure(summary.median);
}
