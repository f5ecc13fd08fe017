/** What a page in the text format of Prometheus says about one metric. */
export interface ParsedFamily {
  readonly help: string;
  readonly type: string;
  /** The samples, each with its labels. */
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\\\|\\n)*)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^\n]+)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/y;

/**
 * Parses a page, more strictly than the format requires: each metric has one HELP, one TYPE and its samples, in this order,
 * and the page ends with a line feed. Throws for anything else.
 */
export function parsePrometheusText(text: string): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>();
  // A HELP begins each metric.
  for (const part of text.split(/(?<=\n)(?=# HELP )/)) {
    if (part === '') continue;
    const [name, family] = parseFamily(part);
    if (families.has(name)) fail(name);
    families.set(name, family);
  }
  return families;
}

function parseFamily(text: string): [string, ParsedFamily] {
  if (!text.endsWith('\n')) fail('the last line has no end');
  const [first, second, ...lines] = text.slice(0, -1).split('\n');
  const [, name = '', help = ''] = HELP.exec(first ?? '') ?? fail(first);
  const [, typed, type = ''] = TYPE.exec(second ?? '') ?? fail(second);
  const samples = lines.map((line) => {
    const [, sampled, labels, value] = SAMPLE.exec(line) ?? fail(line);
    if (sampled !== name) fail(line);
    return { labels: labelsOf(labels ?? ''), value: Number(value) };
  });
  const seen = samples.map(({ labels }) => JSON.stringify(Object.entries(labels).sort()));
  if (typed !== name || seen.length === 0 || new Set(seen).size < seen.length) fail(name);
  return [name, { help, type, samples }];
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? fail(text);
    if (name in labels) fail(text);
    labels[name] = value.replaceAll(/\\(.)/g, (_pair, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function fail(what: string | undefined): never {
  throw new Error(`not in the text format of Prometheus: ${what}`);
}
