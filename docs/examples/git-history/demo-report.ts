import type { BusyFile } from './busiest-files.ts';
import type { CommitLog } from './commit-log.ts';
import type { DemoResult } from './history-demo.ts';
import type { PhaseReport } from './phase-report.ts';
import type { Column } from './table.ts';
import { formatCount, formatDay, formatPath, formatTable } from './table.ts';

const left = (heading: string): Column => ({ heading, align: 'left' });
const right = (heading: string): Column => ({ heading, align: 'right' });

const eventColumns = [left('phase'), right('events'), right('updates'), right('entries')];
const fileColumns = [
  ...[right('commits'), right('lines added'), right('lines removed')],
  ...[left('first'), left('last'), left('busiest files')],
];
const costColumns = [left('phase'), right('ms'), right('in cache'), right('bytes on disk'), right('entries/s')];

/** What came out. It depends on the commits alone: two runs at the same head print the same text. */
export function formatOutcome(log: CommitLog, result: DemoResult): string {
  const rows = result.phases.map((phase) => [
    ...[phase.name, formatCount(phase.events), formatCount(phase.updates), formatCount(phase.entries)],
  ]);
  return [
    `${formatCount(log.commits)} commits without merges, up to ${log.head}`,
    '',
    formatTable(eventColumns, rows),
    '',
    '  an event is one file changed by one commit; it updates the file, its directories and the root',
    `  earlier stops at commit ${formatCount(result.earlierCommits)}; delta folds the rest onto what earlier left`,
    '',
    formatTable(fileColumns, result.busiest.map(fileRow)),
    '',
    `cold, warm and delta agree in every entry, fingerprint ${result.fingerprint}`,
  ].join('\n');
}

/** What it took, which differs from run to run and from machine to machine. */
export function formatCosts(result: DemoResult): string {
  return [
    formatTable(costColumns, result.phases.map(costRow)),
    '',
    '  in cache: milliseconds less the waiting for git; entries/s: entries updated or read in those',
  ].join('\n');
}

function fileRow({ path, activity }: BusyFile): string[] {
  return [
    ...[formatCount(activity.commits), formatCount(activity.linesAdded), formatCount(activity.linesRemoved)],
    ...[formatDay(activity.firstChange), formatDay(activity.lastChange), formatPath(path)],
  ];
}

function costRow(phase: PhaseReport): string[] {
  const perSecond = phase.cacheMs > 0 ? (1000 * phase.entriesTouched) / phase.cacheMs : 0;
  return [
    ...[phase.name, formatCount(phase.ms), formatCount(phase.cacheMs)],
    ...[formatCount(phase.diskBytes), formatCount(perSecond)],
  ];
}
