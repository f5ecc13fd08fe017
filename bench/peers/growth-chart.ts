import { type Measure, measures, ourName } from './measures.ts';
import type { Summary } from './summary.ts';
import { dot, line, path, shortFigure, svgDocument, text } from './svg.ts';

/** The figures at one number of entries. */
export interface GrowthPoint {
  readonly entries: number;
  readonly summaries: readonly Summary[];
}

/** The measures that are shown while a store grows. */
export const growthMeasures: readonly string[] = ['load', 'get, hit', 'scan', 'open'];

const labelStep = 14;
const [panelWidth, panelHeight, top, left] = [420, 250, 40, 70];
const [plotWidth, plotHeight, plotTop] = [panelWidth - left - 115, panelHeight - 80, 40];

/** One panel for each measure: entries on a logarithmic x axis, the median on the y axis, one line for each store. */
export function growthChart(points: readonly GrowthPoint[], title: string): string {
  const followed = measures.filter(({ name }) => growthMeasures.includes(name) && linesOf(name, points).length > 0);
  const panels = followed.map((measure, i) => {
    const [x, y] = [(i % 2) * panelWidth, top + Math.floor(i / 2) * panelHeight];
    return [`<g transform="translate(${x} ${y})">`, ...panel(measure, points), '</g>'].join('\n');
  });
  const height = top + Math.ceil(followed.length / 2) * panelHeight;
  return svgDocument(2 * panelWidth, height, title, [text(10, 22, title, 'title'), ...panels]);
}

function panel(measure: Measure, points: readonly GrowthPoint[]): string[] {
  const lines = linesOf(measure.name, points);
  const all = lines.flatMap((one) => one.points);
  const top = niceCeiling(Math.max(...all.map(({ median }) => median)));
  const [least, most] = [
    Math.min(...all.map(({ entries }) => entries)),
    Math.max(...all.map(({ entries }) => entries)),
  ];
  const x = (entries: number): number =>
    left + (most === least ? 0.5 : Math.log(entries / least) / Math.log(most / least)) * plotWidth;
  const y = (figure: number): number => plotTop + (1 - figure / top) * plotHeight;
  const grid = [0, 0.5, 1].flatMap((share) => [
    line(left, y(top * share), left + plotWidth, y(top * share), share === 0 ? 'axis' : 'grid'),
    text(left - 6, y(top * share) + 4, shortFigure(top * share), 'muted', 'end'),
  ]);
  const ticks = [...new Set(all.map(({ entries }) => entries))].map((entries) =>
    text(x(entries), plotTop + plotHeight + 18, shortFigure(entries), 'muted', 'middle'),
  );
  const labelYs = spread(
    lines.map(({ points: own }) => y(own.at(-1)?.median ?? 0)),
    labelStep,
  );
  const drawn = lines.flatMap(({ peer, points: own }, i) => {
    const role = peer === ourName ? 'ours' : 'other';
    const places = own.map(({ entries, median }) => [x(entries), y(median)] as const);
    const [endX] = places.at(-1) ?? [0];
    return [
      path(places, `line ${role}`),
      ...places.map(([px, py]) => dot(px, py, role)),
      text(endX + 8, (labelYs[i] ?? 0) + 4, peer),
    ];
  });
  return [text(left, 22, `${measure.name} (${measure.unit})`, 'heading'), ...grid, ...ticks, ...drawn];
}

/** The same positions moved down as little as needed for a distance of `step` between neighbours. */
export function spread(positions: readonly number[], step: number): number[] {
  const moved = [...positions];
  let lowest = Number.NEGATIVE_INFINITY;
  for (const i of positions.map((_, index) => index).toSorted((a, b) => (moved[a] ?? 0) - (moved[b] ?? 0))) {
    lowest = Math.max(moved[i] ?? 0, lowest + step);
    moved[i] = lowest;
  }
  return moved;
}

interface Line {
  readonly peer: string;
  readonly points: readonly { readonly entries: number; readonly median: number }[];
}

function linesOf(measure: string, points: readonly GrowthPoint[]): Line[] {
  const peers = new Set(points.flatMap(({ summaries }) => summaries.map(({ peer }) => peer)));
  const lines = [...peers].map((peer) => ({
    peer,
    points: points.flatMap(({ entries, summaries }) => {
      const found = summaries.find((summary) => summary.peer === peer && summary.measure === measure);
      return found === undefined ? [] : [{ entries, median: found.median }];
    }),
  }));
  return lines.filter((one) => one.points.length > 0);
}

/** The next larger number among 1, 2, 4, 5, 6, 8 or 10 times a power of ten. */
export function niceCeiling(figure: number): number {
  if (!(figure > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(figure));
  const nice = [1, 2, 4, 5, 6, 8, 10].find((digit) => digit * power >= figure) ?? 10;
  return nice * power;
}
