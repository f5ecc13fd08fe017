import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Metric, metricsOf } from '../../src/diagnostics/metrics.ts';
import { prometheusText } from '../../src/diagnostics/prometheus-text.ts';
import { Projector } from '../../src/projection/projector.ts';
import { openInMemory, someMeta, utf8 } from '../cache/cache-fixtures.ts';
import { tableRows } from '../docs/markdown.ts';
import { repositoryText } from '../tidy/repository-files.ts';
import { parsePrometheusText } from './prometheus-parser.ts';

function usedCache(entries: number): ReturnType<typeof openInMemory> {
  const cache = openInMemory();
  for (let at = 0; at < entries; at += 1) cache.put(`order:${at}`, utf8('state'), someMeta);
  cache.get('order:0');
  cache.get('absent');
  cache.sync();
  return cache;
}

function usedProjector(): Projector<unknown> {
  const source = { identity: 'orders', head: () => undefined, read: () => [] };
  const projector = new Projector({ cache: openInMemory(), source });
  projector.project({ name: 'total', version: 1, initial: () => 0, apply: () => 0 }, 'order:1');
  return projector;
}

const rows = tableRows(repositoryText('docs/events.md')).filter(([name]) => name?.startsWith('projection_cache_'));

describe('metricsOf', () => {
  const cache = (): readonly Metric[] => metricsOf(usedCache(3).stats());
  const projector = (): readonly Metric[] => metricsOf(usedProjector().stats());

  test('has every number of the statistics', () => {
    const stats = usedCache(3).stats();
    const { counters, recovery, ...sizes } = stats;
    expect(recovery.clean).toBe(true);
    const values = metricsOf(stats).map(({ value }) => value);
    expect(values).toEqual([...Object.values(sizes), ...Object.values(counters)]);
    expect(projector().map(({ value }) => value)).toEqual(Object.values(usedProjector().stats()));
  });

  test('names counters, bytes and units after the rules', () => {
    for (const { name, kind, unit, help } of [...cache(), ...projector()]) {
      expect(name).toMatch(/^projection_cache_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(kind === 'counter');
      expect(unit === 'By').toBe(name.endsWith('_bytes'));
      expect(help).toMatch(/^[A-Z][^\\\n]*\.$/);
    }
  });

  test('has the metrics of docs/events.md, in order', () => {
    const named = [...cache(), ...projector()].map(({ name, kind }) => [name, kind]);
    expect(rows.map(([name, kind]) => [name, kind])).toEqual(named);
  });
});

describe('prometheusText', () => {
  test('has each metric once, with a sample for each source', () => {
    const text = prometheusText([
      { labels: { cache: 'orders' }, stats: usedCache(3).stats() },
      { labels: { cache: 'stock' }, stats: usedCache(1).stats() },
      { labels: { projector: 'orders' }, stats: usedProjector().stats() },
    ]);
    const families = parsePrometheusText(text);
    expect(families.size).toBe(rows.length);
    expect(families.get('projection_cache_entries')).toEqual({
      help: 'Entries in the cache.',
      type: 'gauge',
      samples: [
        { labels: { cache: 'orders' }, value: 3 },
        { labels: { cache: 'stock' }, value: 1 },
      ],
    });
    expect(families.get('projection_cache_hits_total')).toMatchObject({ type: 'counter', samples: [{ value: 1 }, {}] });
    const projected = { labels: { projector: 'orders' }, value: 1 };
    expect(families.get('projection_cache_projector_empties_total')?.samples).toEqual([projected]);
  });

  test('needs no labels for a single source, and no source', () => {
    expect(prometheusText([{ stats: usedCache(2).stats() }])).toContain('\nprojection_cache_entries 2\n');
    expect(prometheusText([])).toBe('');
  });

  test('escapes every value of a label', () => {
    const stats = usedCache(0).stats();
    const special = fc.string({ unit: fc.constantFrom('\\', '"', '\n', '\r', '}', ',', '=', 'n', 'é', '\u2028') });
    fc.assert(
      fc.property(fc.oneof(special, fc.string()), special, (one, other) => {
        const labels = { one, other };
        const families = parsePrometheusText(prometheusText([{ labels, stats }]));
        expect(families.get('projection_cache_entries')?.samples).toEqual([{ labels, value: 0 }]);
      }),
    );
  });

  test.each(['', '1a', 'a-b', 'ä', '__name', 'a b'])('refuses the label name %j', (name) => {
    const stats = usedCache(0).stats();
    expect(() => prometheusText([{ labels: { [name]: 'x' }, stats }])).toThrow(TypeError);
  });

  test('refuses a label that is no string, and two sources with the same labels in any order', () => {
    const stats = usedCache(0).stats();
    expect(() => prometheusText([{ labels: { a: 1 as never }, stats }])).toThrow('the label a must be a string');
    const [one, other] = [
      { a: 'x', b: 'y' },
      { b: 'y', a: 'x' },
    ];
    expect(() =>
      prometheusText([
        { labels: one, stats },
        { labels: other, stats },
      ]),
    ).toThrow(new RangeError('two sources have the labels {a="x",b="y"}'));
    expect(() => prometheusText([{ stats }, { stats }])).toThrow('the labels {}');
  });
});

describe('the parser of this test', () => {
  const good = '# HELP a Text.\n# TYPE a gauge\na{b="c"} 1\n';

  test.each([
    ['a page without its last line end', good.slice(0, -1)],
    ['a sample of another metric', good.replace('\na{', '\nb{')],
    ['a metric without a type', good.replace('# TYPE a gauge\n', '')],
    ['a metric twice', good + good],
    ['a metric without samples', good.replace('a{b="c"} 1\n', '')],
    ['the same labels twice', `${good}a{b="c"} 2\n`],
    ['an unescaped quote', good.replace('"c"', '"c"d"')],
    ['a value that is no number', good.replace(' 1', ' one')],
  ])('refuses %s', (_what, text) => {
    expect(parsePrometheusText(good).size).toBe(1);
    expect(() => parsePrometheusText(text)).toThrow();
  });
});
