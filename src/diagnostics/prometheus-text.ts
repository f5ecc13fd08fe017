import type { ProjectorStats } from '../projection/projector-counters.ts';
import type { LogCacheStats } from '../store/store-stats.ts';
import { type Metric, metricsOf } from './metrics.ts';

/** The statistics of one cache or projector, and what distinguishes it from others. */
export interface MetricSource {
  /** What `stats()` of a cache or a projector returned. */
  readonly stats: LogCacheStats | ProjectorStats;
  /** Labels of its samples, such as `{ cache: 'orders' }`. Default: no labels. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A metric and its value for each set of labels, which is written as in a sample. */
interface Family {
  readonly metric: Metric;
  readonly samples: Map<string, number>;
}

/** Names that begin with two underscores belong to Prometheus. */
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

/**
 * The statistics of caches and projectors in the text format of Prometheus, version 0.0.4, which collectors of OpenTelemetry
 * read too. Each metric appears once, with a sample for each source. Answer a scrape with the content type
 * `text/plain; version=0.0.4; charset=utf-8`.
 *
 * Throws `TypeError` for an invalid label, and `RangeError` for two caches, or two projectors, with the same labels.
 */
export function prometheusText(sources: readonly MetricSource[]): string {
  const families = new Map<string, Family>();
  for (const { stats, labels = {} } of sources) {
    const text = labelsText(labels);
    for (const metric of metricsOf(stats)) {
      const family = families.get(metric.name) ?? { metric, samples: new Map() };
      if (family.samples.has(text)) throw new RangeError(`two sources have the labels ${text === '' ? '{}' : text}`);
      family.samples.set(text, metric.value);
      families.set(metric.name, family);
    }
  }
  return [...families.values()].map(familyText).join('');
}

/** No text in `help` needs escapes. */
function familyText({ metric: { name, kind, help }, samples }: Family): string {
  const lines = [...samples].map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    if (!LABEL_NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is not a valid name of a label`);
    if (typeof value !== 'string') throw new TypeError(`the label ${name} must be a string`);
    return `${name}="${value.replaceAll(/[\\"\n]/g, (character) => ESCAPES[character] ?? character)}"`;
  });
  // In the order of names: the same labels are one sample, in whatever order they are passed.
  return pairs.length === 0 ? '' : `{${pairs.sort().join()}}`;
}
