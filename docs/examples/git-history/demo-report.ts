import type { BusyFile } from './busiest-files.ts';
import type { CommitLog } from './commit-log.ts';
import type { DemoResult } from './history-demo.ts';
import type { PhaseReport } from './phase-report.ts';
import { type Column, formatCount, formatDay, formatPath, formatTable } from './table.ts';

/** Characters of the longest bar, and of a path: no line has more than 80. */
const barWidth = 12;
const pathWidth = 34;

const left = (heading: string): Column => ({ heading, align: 'left' });
const right = (heading: string): Column => ({ heading, align: 'right' });

const wayColumns = [left('a program starts with'), right('events'), right('spared'), right('time'), left('')];
const fileColumns = [right('commits'), right('added'), right('removed'), left('last change'), left('busiest files')];

/** One way to the states of all files, as the output names it. */
interface Way {
  readonly name: string;
  readonly phase: PhaseReport;
  /** The time to read the events that it needs from git, in milliseconds. */
  readonly readMs: number;
}

/** What the cache spares, and the states. Apart from the times it depends only on the commits. Bars are for a terminal. */
export function formatResult(log: CommitLog, result: DemoResult, isTerminal: boolean): string {
  const ways = waysOf(log, result);
  const [whole, behind] = ways;
  const events = whole.phase.events;
  return [
    `With ${behind.name}, ${formatCount(behind.phase.events)} of ${formatCount(events)} events are folded.`,
    '',
    formatTable(
      wayColumns,
      ways.map((way) => wayRow(way, events, isTerminal)),
    ),
    '',
    '  An event is folded into the state of its file, of its directories and of the',
    '  whole. A cached state needs only the events that are newer.',
    '  time: read these events from git, open the cache, fold, sync, close.',
    `  The cache has ${formatCount(whole.phase.entries)} states and takes ${formatCount(whole.phase.diskBytes / 1000)} kB on disk.`,
    '',
    `${formatCount(log.commits)} commits without merges, up to ${log.head}`,
    `${formatCount(result.events)} events: one file changed by one commit each`,
    '',
    formatTable(fileColumns, result.busiest.map(fileRow)),
    '',
    `All three ways lead to the same states, fingerprint ${result.fingerprint}`,
  ].join('\n');
}

function waysOf(log: CommitLog, { phases, readMs, readLaterMs, earlierCommits }: DemoResult): [Way, Way, Way] {
  const [cold, warm, , delta] = phases;
  const behind = log.commits - earlierCommits;
  return [
    { name: 'no cache', phase: cold, readMs },
    {
      name: `a cache ${formatCount(behind)} commit${behind === 1 ? '' : 's'} behind`,
      phase: delta,
      readMs: readLaterMs,
    },
    { name: 'a cache that is up to date', phase: warm, readMs: 0 },
  ];
}

function wayRow({ name, phase, readMs }: Way, eventsMax: number, isTerminal: boolean): string[] {
  const { events, ms } = phase;
  const spared = eventsMax === 0 ? 0 : Math.floor(100 * (1 - events / eventsMax));
  const bar = events === 0 ? '' : '#'.repeat(Math.max(1, Math.round((barWidth * events) / eventsMax)));
  return [name, formatCount(events), `${spared} %`, `${formatCount(readMs + ms)} ms`, isTerminal ? bar : ''];
}

function fileRow({ path, activity }: BusyFile): string[] {
  return [
    ...[formatCount(activity.commits), formatCount(activity.linesAdded), formatCount(activity.linesRemoved)],
    ...[formatDay(activity.lastChange), shortened(formatPath(path))],
  ];
}

/** The end of a path says most. */
function shortened(path: string): string {
  const characters = [...path];
  return characters.length <= pathWidth ? path : `...${characters.slice(3 - pathWidth).join('')}`;
}
