/*
 * Compares the speed of two commits, to detect what many small changes have made slow. Each is built in a separate
 * folder, and both builds are measured by the same script in turns, each time in a new process: npm run bench:compare
 * -- v0.1.0 HEAD
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from './bench-arguments.ts';
import { buildCommit, commitNamed } from './commit-build.ts';
import { type CompareArguments, compareUsage, parseCompareArguments } from './compare-arguments.ts';
import { compareRounds, formatComparison, type WorkTimes } from './comparison.ts';

const works: string = fileURLToPath(new URL('./compare-works.mjs', import.meta.url));

function main(args: readonly string[]): void {
  const options = parseCompareArguments(args);
  if (options.help) {
    console.log(compareUsage);
    return;
  }
  const commits = options.commits.map((name) => {
    const commit = commitNamed(name);
    if (commit === undefined) throw new UsageError(`There is no commit ${name} here: give a commit, a tag or a branch`);
    return commit;
  });
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-compare-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const [first = '', second = ''] = commits;
  const firstBuild = buildCommit(first, join(directory, 'before'));
  const secondBuild = second === first ? firstBuild : buildCommit(second, join(directory, 'after'));
  const [before, after] = measureInTurns([firstBuild, secondBuild], directory, options);
  const comparisons = compareRounds(before, after);
  console.log(formatComparison(comparisons, options.commits));
  const { failAbove } = options;
  if (failAbove !== undefined && comparisons.some(({ ratio, spread }) => ratio - spread > failAbove))
    process.exitCode = 1;
}

/** A B, then B A, and so on: neither build always runs first. */
function measureInTurns(
  builds: readonly [string, string],
  directory: string,
  { entries, rounds }: CompareArguments,
): [WorkTimes[], WorkTimes[]] {
  const times: [WorkTimes[], WorkTimes[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    for (const turn of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const own = mkdtempSync(join(directory, 'measured-'));
      const out = execFileSync(process.execPath, [works, builds[turn], own, String(entries)], { encoding: 'utf8' });
      times[turn].push(JSON.parse(out) as WorkTimes);
      rmSync(own, { recursive: true, force: true });
    }
  }
  return times;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
