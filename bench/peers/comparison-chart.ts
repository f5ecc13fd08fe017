import { type Measure, measures, ourName } from './measures.ts';
import { type Summary, verdictOf } from './summary.ts';
import { bar, line, shortFigure, svgDocument, text } from './svg.ts';

const width = 840;
const nameWidth = 150;
const figureWidth = 110;
const [plotLeft, plotRight] = [nameWidth + 10, width - figureWidth];
const [top, barStep, barHeight, groupGap, bottom] = [76, 17, 12, 34, 12];

/** A scale of powers of ten that includes every ratio and 1, at least from 0.1 to 10. */
export function ratioScale(ratios: readonly number[]): {
  readonly powers: readonly number[];
  place(ratio: number): number;
} {
  const exponents = ratios.map(Math.log10);
  const low = Math.min(-1, Math.floor(Math.min(0, ...exponents)));
  const high = Math.max(1, Math.ceil(Math.max(0, ...exponents)));
  const powers = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  return { powers, place: (ratio) => (Math.log10(ratio) - low) / (high - low) };
}

/** Bars to the left for worse peers and to the right for better ones, one group for each measure. */
export function comparisonChart(summaries: readonly Summary[], title: string): string {
  const others = summaries.filter(({ peer, timesOurs }) => peer !== ourName && timesOurs > 0);
  const scale = ratioScale(others.map(({ timesOurs }) => timesOurs));
  const x = (ratio: number): number => plotLeft + scale.place(ratio) * (plotRight - plotLeft);
  const groups = measures.filter(({ name }) => others.some(({ measure }) => measure === name));
  const body: string[] = [];
  let y = top;
  for (const measure of groups) {
    const ours = summaries.find((summary) => summary.measure === measure.name && summary.peer === ourName);
    body.push(...groupHeading(measure, ours, y));
    y += groupGap - barStep / 2;
    for (const summary of others.filter((other) => other.measure === measure.name)) {
      body.push(...peerBar(summary, x, y));
      y += barStep;
    }
    y += barStep / 2;
  }
  const height = y + bottom;
  const grid = scale.powers.flatMap((power) => [
    line(x(10 ** power), top - 6, x(10 ** power), height - bottom, power === 0 ? 'axis' : 'grid'),
    text(x(10 ** power), top - 12, power === 0 ? 'ours' : `${10 ** power}x`, 'muted', 'middle'),
  ]);
  const heading = [
    text(10, 22, title, 'title'),
    text(10, 42, 'As good as projection-cache, on a logarithmic scale: to the right the peer is better.', 'muted'),
  ];
  return svgDocument(width, height, title, [...heading, ...grid, ...body]);
}

function groupHeading({ name, unit }: Measure, ours: Summary | undefined, y: number): string[] {
  const figure = ours === undefined ? '' : `ours: ${figureOf(ours.median, unit)}`;
  return [text(10, y + 10, name, 'heading'), text(width - 10, y + 10, figure, 'muted', 'end')];
}

function peerBar(summary: Summary, x: (ratio: number) => number, y: number): string[] {
  const [from, to] = [Math.min(x(1), x(summary.timesOurs)), Math.max(x(1), x(summary.timesOurs))];
  const isBetter = verdictOf(summary) === 'better';
  const unit = measures.find(({ name }) => name === summary.measure)?.unit ?? 'ms';
  return [
    text(nameWidth, y + barHeight - 2, summary.peer, '', 'end'),
    bar(from, y, Math.max(1, to - from), barHeight, isBetter ? 'better' : 'worse'),
    text(
      width - 10,
      y + barHeight - 2,
      `${shortFigure(summary.timesOurs)}x, ${figureOf(summary.median, unit)}`,
      'muted',
      'end',
    ),
  ];
}

const units: Readonly<Record<Measure['unit'], string>> = {
  'per second': '/s',
  'x bare': 'x bare',
  ms: ' ms',
  'bytes an entry': ' B',
};

function figureOf(figure: number, unit: Measure['unit']): string {
  return `${shortFigure(figure)}${units[unit]}`;
}
