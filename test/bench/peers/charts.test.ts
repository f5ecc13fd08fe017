import { describe, expect, test } from 'vitest';
import { comparisonChart, ratioScale } from '../../../bench/peers/comparison-chart.ts';
import { growthChart, niceCeiling, spread } from '../../../bench/peers/growth-chart.ts';
import { ourName } from '../../../bench/peers/measures.ts';
import { type PeerRounds, summarize } from '../../../bench/peers/summary.ts';
import { escapeXml, shortFigure } from '../../../bench/peers/svg.ts';

function peer(name: string, load: number, open: number): PeerRounds {
  return { peer: name, entries: 2000, rounds: [{ load, open }] };
}

/** Attributes of every element of a name and class. */
function elements(svg: string, name: string, className: string): Record<string, string>[] {
  return [...svg.matchAll(new RegExp(`<${name} ([^>]*)/>`, 'g'))]
    .map(([, attributes = '']) =>
      Object.fromEntries(
        [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
      ),
    )
    .filter((found) => found['class'] === className);
}

describe('comparisonChart', () => {
  const svg = comparisonChart(summarize([peer(ourName, 100, 4), peer('a<b', 1000, 40), peer('c', 10, 0.4)]), 'A & B');
  const [axis] = elements(svg, 'line', 'axis');
  const x = Number(axis?.['x1']);

  test('draws better peers to the right and worse ones to the left, at a distance that shows the ratio', () => {
    const better = elements(svg, 'rect', 'better');
    const worse = elements(svg, 'rect', 'worse');
    expect([better.length, worse.length]).toEqual([2, 2]);
    for (const bar of better) expect(Number(bar['x'])).toBeCloseTo(x);
    for (const bar of worse) expect(Number(bar['x']) + Number(bar['width'])).toBeCloseTo(x);
    const widths = new Set([...better, ...worse].map(({ width }) => width));
    expect(widths.size).toBe(1);
  });

  test('is well-formed, has a title, and has colours for dark pages', () => {
    expect(svg).toContain('<title>A &amp; B</title>');
    expect(svg).toContain('>a&lt;b</text>');
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<text/g)?.length).toBe(svg.match(/<\/text>/g)?.length);
  });

  test('has a scale with a place for each ratio', () => {
    expect(ratioScale([]).powers).toEqual([-1, 0, 1]);
    expect(ratioScale([0.002, 30]).powers).toEqual([-3, -2, -1, 0, 1, 2]);
    const { place } = ratioScale([0.1, 10]);
    expect([place(0.1), place(1), place(10)]).toEqual([0, 0.5, 1]);
  });
});

describe('growthChart', () => {
  const points = [1000, 10_000, 100_000].map((entries, i) => ({
    entries,
    summaries: summarize([peer(ourName, 200 * (i + 1), 1 + i), peer('lmdb', 100, 1)]),
  }));
  const svg = growthChart(points, 'Growth');

  test('draws one line for each store in each panel that has figures of it', () => {
    const [ours = { d: '' }] = elements(svg, 'path', 'line ours');
    expect([elements(svg, 'path', 'line ours').length, elements(svg, 'path', 'line other').length]).toEqual([2, 2]);
    const places = [...(ours['d'] ?? '').matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
    const [xs, ys] = [places.map(([x = 0]) => x), places.map(([, y = 0]) => y)];
    expect(xs).toEqual(xs.toSorted((a, b) => a - b));
    expect(ys).toEqual(ys.toSorted((a, b) => b - a));
    expect((xs[1] ?? 0) - (xs[0] ?? 0)).toBeCloseTo((xs[2] ?? 0) - (xs[1] ?? 0), 0);
  });

  test('also draws a single size', () => {
    expect(growthChart(points.slice(0, 1), 'One')).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test.each([
  [1_234_567, '1.2 M'],
  [999_600, '1 M'],
  [340_400, '340 k'],
  [12.34, '12'],
  [0.0123, '0.012'],
])('abbreviates %f as %s', (figure, short) => {
  expect(shortFigure(figure)).toBe(short);
});

test.each([
  [0, 1],
  [1, 1],
  [301, 400],
  [0.07, 0.08],
  [900, 1000],
])('for %f an axis ends at %f', (figure, end) => {
  expect(niceCeiling(figure)).toBeCloseTo(end, 10);
});

test('overlapping labels are moved apart, others stay', () => {
  expect(spread([50, 20, 21, 20], 10)).toEqual([50, 20, 40, 30]);
  expect(spread([], 10)).toEqual([]);
});

test('markup in text is escaped', () => {
  expect(escapeXml('<a href="x">&</a>')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;');
});
