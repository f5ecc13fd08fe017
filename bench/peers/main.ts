/**
 * Compares LogCache with other stores. Started by `start.ts`, on the Node that is installed here. Where to read on:
 *
 * - `measures.ts` is what is measured, `tasks.ts` how: each task in a process of its own, see `task-process.ts`;
 * - `peer.ts` is what a store has to do, `adapters/` does it with each store;
 * - `comparison.ts` lets the stores take turns, `summary.ts` compares, `comparison-report.ts` and the charts show.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../bench-arguments.ts';
import { describeMachine } from '../machine.ts';
import { formatCount } from '../table.ts';
import { type Compared, Comparison, deletedRunsOf } from './comparison.ts';
import { comparisonChart } from './comparison-chart.ts';
import { detailTable, limitTable, overviewTable, RATIO_LEGEND, winsOfOthers } from './comparison-report.ts';
import { type GrowthPoint, growthChart, growthMeasures } from './growth-chart.ts';
import { taskNames } from './job.ts';
import { measureLimits } from './limits.ts';
import { measures, ourName } from './measures.ts';
import { writeOutput } from './output.ts';
import { describePackages, type Setting, thisSetting } from './packages.ts';
import type { Peer } from './peer.ts';
import { loadPeer } from './peer-list.ts';
import { peerNames } from './peer-names.ts';
import { type PeersArguments, parsePeersArguments, usage } from './peers-arguments.ts';
import { summarize } from './summary.ts';

interface Run {
  readonly options: PeersArguments;
  readonly setting: Setting;
  readonly peers: readonly Peer[];
  readonly directory: string;
}

async function main(args: readonly string[]): Promise<void> {
  const options = parsePeersArguments(args, peerNames);
  if (options.help) {
    console.log(usage);
    return;
  }
  const directory = mkdtempSync(join(options.directory, 'projection-cache-peers-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const wanted = options.grow === undefined ? (options.peers ?? peerNames) : ['lmdb'];
  const names = [ourName, ...wanted.filter((name) => name !== ourName)];
  const run = { options, setting: thisSetting(), peers: await Promise.all(names.map(loadPeer)), directory };
  console.log(`${describeMachine(run.setting)}\n${describePackages(run.setting)}\n`);
  for (const { name, mode, entriesMax } of run.peers) {
    const fewer = entriesMax === undefined ? '' : ` (at most ${formatCount(entriesMax)} entries, as more take minutes)`;
    console.log(`${name}${fewer}: ${mode}`);
  }
  console.log('');
  if (options.grow === undefined) compareAll(run);
  else follow(run, options.grow);
}

function compareAll({ options, setting, peers, directory }: Run): void {
  const { entries, valueBytes, rounds } = options;
  const durablePuts = options.quick ? 50 : 500;
  const compared = compare({ options, setting, peers, directory }, entries, taskNames, durablePuts);
  const limits = measureLimits(directory, { entries, valueBytes, durablePuts });
  const summaries = summarize(compared.peers);
  const name = `${entries}x${valueBytes}`;
  const title = `${formatCount(entries)} entries of ${valueBytes} bytes, Node ${setting.node}`;
  console.log(
    [
      `${formatCount(entries)} entries, keys of 32 bytes, values of ${valueBytes} and 16 of meta, ${rounds} rounds; ` +
        `${durablePuts} durable puts, ${deletedRunsOf(entries)} runs of 100 keys deleted.`,
      ...measures.map(({ name, unit, what }) => `  ${name} (${unit}): ${what}`),
      '',
      ...[overviewTable(summaries), '', detailTable(summaries), RATIO_LEGEND, '', limitTable(limits, summaries), ''],
      winsOfOthers(summaries),
    ].join('\n'),
  );
  reportFailures(compared);
  if (options.quick && options.json === undefined) return;
  const modes = Object.fromEntries(peers.map((peer) => [peer.name, peer.mode]));
  const result = {
    setting,
    options: published(options),
    modes,
    summaries,
    limits,
    rounds: compared.peers,
    failures: compared.failures,
  };
  announce(writeOutput(options.json, name, result, comparisonChart(summaries, title)));
}

function follow(run: Run, sizes: readonly number[]): void {
  const { options, setting } = run;
  const points: GrowthPoint[] = sizes.map((entries) => {
    const compared = compare(run, entries, ['load', 'open', 'get', 'scan'], 0);
    reportFailures(compared);
    const summaries = summarize(compared.peers).filter(({ measure }) => growthMeasures.includes(measure));
    console.log(`${overviewTable(summaries)}\n`);
    return { entries, summaries };
  });
  const title = `From ${formatCount(sizes[0] ?? 0)} to ${formatCount(sizes.at(-1) ?? 0)} entries of ${options.valueBytes} bytes`;
  const chart = growthChart(points, title);
  announce(
    writeOutput(options.json, `growth-${options.valueBytes}`, { setting, options: published(options), points }, chart),
  );
}

/** The figures without the options that only matter on this machine. */
function published({ entries, valueBytes, rounds, grow }: PeersArguments): Partial<PeersArguments> {
  return grow === undefined ? { entries, valueBytes, rounds } : { valueBytes, rounds, grow };
}

function compare(
  run: Run,
  entries: number,
  tasks: typeof taskNames | ['load', 'open', 'get', 'scan'],
  durablePuts: number,
): Compared {
  const { options, peers, directory } = run;
  const { valueBytes, rounds } = options;
  const onProgress = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  };
  const compared = new Comparison(
    { entries, valueBytes, rounds, durablePuts, tasks },
    peers,
    directory,
    onProgress,
  ).run();
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  return compared;
}

function reportFailures({ failures }: Compared): void {
  for (const { peer, task, message } of failures) console.error(`failed: ${peer}, ${task}: ${message}`);
  if (failures.length > 0) process.exitCode = 1;
}

function announce(paths: readonly string[]): void {
  console.log(`\nwritten: ${paths.join(', ')}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
