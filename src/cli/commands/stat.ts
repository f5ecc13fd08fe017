import { describeLockOwner } from '../../storage/lock-owner.ts';
import { type LockReport, reportLock } from '../../storage/lock-report.ts';
import { nodePlatform } from '../../storage/node-fs.ts';
import type { LogCacheStats } from '../../store/store-stats.ts';
import type { Command, CommandCall } from '../command.ts';
import { ExitCode } from '../exit-codes.ts';
import { bytesText, countText } from '../number-text.ts';
import { contentsWithLogs, withReader } from '../store-directory.ts';
import { recoveryWarning } from '../store-warnings.ts';

export const statCommand: Command = {
  name: 'stat',
  summary: 'Shows the size and state of a store, who has it open, and its files.',
  operands: ['DIR'],
  options: [{ name: 'json', text: 'one JSON object' }],
  notes: 'It shows what was durable when it read the store, also beside a writer, and changes nothing.',
  run: stat,
};

/** A file of the directory. */
interface FileSize {
  readonly name: string;
  readonly bytes: number;
}

async function stat(call: CommandCall): Promise<number> {
  const { args, out } = call;
  return await withReader(call, async (cache) => {
    const stats = cache.stats();
    const { path } = contentsWithLogs(args.directory);
    const lock = reportLock(path);
    const files = filesOf(path);
    if (args.flag('json')) await out.printLine(JSON.stringify(statForm(path, stats, lock, files)));
    else for (const [name, text] of statRows(path, stats, lock, files)) await out.printLine(rowText(call, name, text));
    return ExitCode.done;
  });
}

function filesOf(path: string): FileSize[] {
  const { fs, path: paths } = nodePlatform();
  const names = fs.readdirSync(path).sort();
  return names.flatMap((name) => {
    // The writer may have removed it.
    const stats = fs.lstatSync(paths.join(path, name), { throwIfNoEntry: false });
    return stats?.isFile() === true ? [{ name, bytes: stats.size }] : [];
  });
}

function statForm(
  directory: string,
  { entries, liveBytes, deadBytes, logBytes, indexBytes, generation, recovery }: LogCacheStats,
  lock: LockReport | undefined,
  files: readonly FileSize[],
): object {
  const sizes = { entries, liveBytes, deadBytes, logBytes, indexBytes, generation };
  return { directory, ...sizes, recovery, lock: lock === undefined ? null : lockForm(lock), files };
}

function lockForm({ owner, verdict, modifiedMs }: LockReport): object {
  const writtenAt = new Date(modifiedMs).toISOString();
  if (owner === undefined) return { verdict, writtenAt };
  const { pid, host, since, leaseMs } = owner;
  return { pid, host, since, ...(leaseMs === undefined ? {} : { leaseMs }), verdict, writtenAt };
}

function statRows(
  directory: string,
  stats: LogCacheStats,
  lock: LockReport | undefined,
  files: readonly FileSize[],
): (readonly [string, string])[] {
  const { recovery } = stats;
  const reading = recovery.imageUsed ? 'the index image and' : 'no index image,';
  return [
    ['directory', directory],
    ['generation', String(stats.generation)],
    ['entries', countText(stats.entries)],
    ['log', bytesText(stats.logBytes)],
    ['live', bytesText(stats.liveBytes)],
    ['dead', bytesText(stats.deadBytes)],
    ['index', `${bytesText(stats.indexBytes)} in memory`],
    ['opening', `read ${reading} ${countText(recovery.records)} records of the log`],
    ['damage', recoveryWarning(recovery) ?? 'none found by opening; verify reads every record'],
    ['locked by', lock === undefined ? 'no process' : lockText(lock)],
    ...files.map(({ name, bytes }, at) => [at === 0 ? 'files' : '', `${name}  ${bytesText(bytes)}`] as const),
  ];
}

function rowText({ style }: CommandCall, name: string, text: string): string {
  return `${style.faint(name.padEnd(12))}${text}`;
}

const VERDICTS: Readonly<Record<LockReport['verdict'], string>> = {
  self: 'which runs',
  thread: 'which runs',
  running: 'which runs',
  gone: 'which no longer runs: the next writer takes the lock over',
  unknown: 'and whether it runs cannot be found out from here',
};

function lockText({ owner, verdict, modifiedMs }: LockReport): string {
  const written = new Date(modifiedMs).toISOString();
  if (owner === undefined) return `a lock that names no owner, written at ${written}`;
  const lease = owner.leaseMs === undefined ? '' : `, with a lease of ${owner.leaseMs} ms, renewed at ${written}`;
  return `${describeLockOwner(owner)}, ${VERDICTS[verdict]}${lease}`;
}
