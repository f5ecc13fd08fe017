import type { BenchArguments } from './bench-arguments.ts';
import type { BenchResult } from './benchmark.ts';
import { describeMachine, type Machine } from './machine.ts';
import { medianOf } from './percentiles.ts';
import { formatCount, formatFigure, formatTable } from './table.ts';

/** All figures as text for people. */
export function formatReport(options: BenchArguments, machine: Machine, result: BenchResult): string {
  const { entries, valueBytes, rounds } = options;
  const { clockNs } = result;
  return [
    describeMachine(machine),
    `${formatCount(entries)} entries, keys of 32 bytes, values of ${valueBytes}, median of ${rounds} rounds. Single ` +
      'operations were timed in a pass of their own.',
    `Reading the clock takes ${clockNs.toFixed(0)} ns, which single operations include. All works include the first one.`,
    '',
    figureTable(result),
    '',
    openingTable(result, entries),
    '',
    factTable(result),
    '',
    ...LEGEND,
    '',
    ...verdicts(result),
  ].join('\n');
}

const LEGEND: readonly string[] = [
  'ops/s: the median of the rounds; from and to: the slowest and the fastest round.',
  'cpu us: processor time of an operation. p50 to max: the time of single',
  'operations in microseconds; p99: all but one in a hundred are faster.',
  '"bare": the least that the disk allows, the same bytes without a store.',
];

/** What the comparisons within this run amount to. */
function verdicts({ figures, openings, ratios }: BenchResult): string[] {
  const [withImage, withoutImage] = [openings[0]?.medianMs ?? 0, openings.at(-1)?.medianMs ?? 0];
  const swings = figures.map(({ perSecond: { min, max } }) => max / min);
  return [
    `A durable put is ${formatFigure(ratios.durablePut)}x as fast as a bare append and fdatasync; 1 is the limit.`,
    `A get from disk takes ${formatFigure(ratios.coldGetTime)}x the time of a bare read; 1 is the limit.`,
    `An image makes opening ${formatFigure(withoutImage / withImage)}x as fast; more is better.`,
    `Noise: rounds of one work differ by ${formatFigure(medianOf(swings))}x in the middle, ${formatFigure(Math.max(...swings))}x at most. A smaller`,
    'difference between two runs means nothing; compare commits with bench:compare.',
  ];
}

function figureTable({ figures }: BenchResult): string {
  const headings = ['work', 'operations', 'ops/s', 'from', 'to', 'cpu us', 'p50 us', 'p90', 'p99', 'p99.9', 'max', ''];
  const rows = figures.map(({ work, operations, perSecond, cpuMicroseconds, microseconds, remark }) => {
    const { p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0 } = microseconds ?? {};
    return [
      work,
      ...[operations, perSecond.median, perSecond.min, perSecond.max].map(formatCount),
      ...[cpuMicroseconds, p50, p90, p99, p999, max].map(formatFigure),
      remark,
    ];
  });
  return formatTable(headings, rows);
}

function openingTable({ openings, sizes }: BenchResult, entries: number): string {
  const headings = ['fresh process, until the first get', 'ms', 'from', 'to', 'cpu ms', ''];
  const [withImage, withoutImage] = [openings[0]?.medianMs ?? 0, openings.at(-1)?.medianMs ?? 0];
  const seconds = withoutImage / 1000;
  const scanned = `${formatFigure(sizes.logBytes / seconds / 1e9)} GB/s, ${formatCount(entries / seconds)} entries/s`;
  const remarks = ['', '', '', scanned];
  remarks[0] = `${formatFigure(withImage / withoutImage)}x without image`;
  const rows = openings.map(({ work, medianMs, minMs, maxMs, cpuMs }, i) => [
    work,
    ...[medianMs, minMs, maxMs, cpuMs].map(formatFigure),
    remarks[i] ?? '',
  ]);
  return formatTable(headings, rows);
}

function factTable({ sizes, pauses }: BenchResult): string {
  const times = (bytes: number): string => `${(bytes / sizes.payloadBytes).toFixed(2)}x payload`;
  const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return formatTable(
    ['size or pause', '', ''],
    [
      ['index memory a key', `${sizes.indexBytesPerKey.toFixed(1)} bytes`, ''],
      ['log on disk', mega(sizes.logBytes), times(sizes.logBytes)],
      ['index image on disk', mega(sizes.imageBytes), times(sizes.imageBytes)],
      ['log while overwriting, at most', mega(sizes.logBytesMax), times(sizes.logBytesMax)],
      ['with the one being compacted to', mega(sizes.diskBytesMax), times(sizes.diskBytesMax)],
      ['longest put of the load', `${formatFigure(pauses.loadMs)} ms`, ''],
      ['longest put while overwriting', `${formatFigure(pauses.overwriteMs)} ms`, `${pauses.compactions} compactions`],
      ['one fdatasync of 8 MB', `${formatFigure(pauses.syncOf8MbMs)} ms`, ''],
    ],
  );
}
