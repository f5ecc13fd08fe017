import type { BusyFile } from './busiest-files.ts';
import type { CommitLog } from './commit-log.ts';
import type { DemoResult } from './history-demo.ts';
import type { PhaseReport } from './phase-report.ts';
import { type Column, formatCount, formatDay, formatPath, formatTable } from './table.ts';

const left = (heading: string): Column => ({ heading, align: 'left' });
const right = (heading: string): Column => ({ heading, align: 'right' });

const eventColumns = [
  ...[left('phase'), right('events'), right('replayed'), right('continued'), right('cached'), right('entries')],
];
const fileColumns = [
  ...[right('commits'), right('lines added'), right('lines removed')],
  ...[left('first'), left('last'), left('busiest files')],
];
const costColumns = [left('phase'), right('ms'), right('bytes on disk'), right('entries/s')];

/** The result. It depends only on the commits: two runs at the same head print the same text. */
export function formatOutcome(log: CommitLog, result: DemoResult): string {
  const rows = result.phases.map((phase) => [
    ...[phase.name, formatCount(phase.events), formatCount(phase.replays), formatCount(phase.deltas)],
    ...[formatCount(phase.hits), formatCount(phase.entries)],
  ]);
  return [
    `${formatCount(log.commits)} commits without merges, up to ${log.head}`,
    `${formatCount(result.events)} events: one file changed by one commit each`,
    '',
    formatTable(eventColumns, rows),
    '',
    '  events are folded for the file, its directories and the root; a projection of each is replayed from its',
    '  first event, continued from a cached state, or found in the cache',
    `  earlier stops at commit ${formatCount(result.earlierCommits)}; delta folds the rest onto what earlier left`,
    '',
    formatTable(fileColumns, result.busiest.map(fileRow)),
    '',
    `cold, warm and delta agree in every entry, fingerprint ${result.fingerprint}`,
  ].join('\n');
}

/** The costs, which differ from run to run and from machine to machine. */
export function formatCosts(result: DemoResult): string {
  return [
    formatTable(costColumns, result.phases.map(costRow)),
    '',
    `  reading the events from git took ${formatCount(result.readMs)} ms before; entries/s: projected in the milliseconds`,
  ].join('\n');
}

function fileRow({ path, activity }: BusyFile): string[] {
  return [
    ...[formatCount(activity.commits), formatCount(activity.linesAdded), formatCount(activity.linesRemoved)],
    ...[formatDay(activity.firstChange), formatDay(activity.lastChange), formatPath(path)],
  ];
}

function costRow(phase: PhaseReport): string[] {
  const perSecond = phase.ms > 0 ? (1000 * phase.entries) / phase.ms : 0;
  return [phase.name, formatCount(phase.ms), formatCount(phase.diskBytes), formatCount(perSecond)];
}
