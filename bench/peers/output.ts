import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const benchmarks: string = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));

/** Writes the figures to the JSON file and the chart beside it; returns both paths. Default: docs/benchmarks. */
export function writeOutput(json: string | undefined, name: string, result: object, chart: string): [string, string] {
  const path = json ?? join(benchmarks, `${name}.json`);
  const chartPath = `${path.replace(/\.json$/, '')}.svg`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(chartPath, chart);
  return [path, chartPath];
}
