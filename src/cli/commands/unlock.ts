import { LogCache } from '../../cache/log-cache.ts';
import { describeLockOwner } from '../../storage/lock-owner.ts';
import { type LockReport, reportLock } from '../../storage/lock-report.ts';
import { nodePlatform, resolveDirectory } from '../../storage/node-fs.ts';
import type { Command, CommandCall } from '../command.ts';
import { CommandFailure, ExitCode } from '../exit-codes.ts';
import { contentsOf } from '../store-directory.ts';

const YES = /^y(?:es)?$/i;

export const unlockCommand: Command = {
  name: 'unlock',
  summary: 'Removes the lock of a store whose owner no longer runs.',
  operands: ['DIR'],
  options: [
    { name: 'yes', text: 'do not ask: I know that the owner no longer runs' },
    { name: 'force', text: 'also if the owner runs: this directory is a copy of the one that it has open' },
  ],
  notes:
    'Only needed for an owner whose end cannot be proven, such as one in another container: other locks are taken over\n' +
    'without it. An owner that runs after all stops writing (POISONED) and loses what it had not synced.',
  run: unlock,
};

async function unlock(call: CommandCall): Promise<number> {
  const { args, out } = call;
  const path = resolveDirectory(nodePlatform(), args.directory);
  const contents = contentsOf(path);
  if (contents === undefined) throw new CommandFailure(ExitCode.noStore, `${path} does not exist`);
  const lock = reportLock(path);
  if (lock === undefined) {
    // Removes the files of attempts to take the lock that were killed.
    LogCache.unlock(path);
    await out.printLine(`${path} is not locked`);
    return ExitCode.done;
  }
  const force = args.flag('force');
  if (contents.foreign.length > 0 && !contents.logs.some(({ header }) => header !== undefined) && !force) {
    const [example] = contents.foreign;
    throw new CommandFailure(
      ExitCode.noStore,
      `there is no store in ${path}: it holds ${example}, and its LOCK may be that of another program`,
    );
  }
  const owner = lock.owner === undefined ? 'the lock names no owner' : `locked by ${describeLockOwner(lock.owner)}`;
  if ((lock.verdict === 'running' || lock.verdict === 'thread') && !force) {
    throw new CommandFailure(
      ExitCode.locked,
      `${path} is ${owner}, which runs: end that process. If this directory is a copy of the one it has open: --force`,
    );
  }
  if (lock.verdict !== 'gone' && !(args.flag('yes') || force)) await confirm(call, path, owner, lock);
  LogCache.unlock(path);
  await out.printLine(`unlocked ${path}, which was ${owner}`);
  return ExitCode.done;
}

/** Asks on a terminal; elsewhere, and without a yes, it throws. */
async function confirm({ terminal }: CommandCall, path: string, owner: string, lock: LockReport): Promise<void> {
  const written = new Date(lock.modifiedMs).toISOString();
  const question = `${path} is ${owner} (last written ${written}). Whether it still runs cannot be found out from here`;
  if (terminal.stdin.isTTY !== true || terminal.stderr.isTTY !== true) {
    throw new CommandFailure(ExitCode.locked, `${question}. If you know that it does not: --yes`);
  }
  terminal.stderr.write(`${question}.\nTwo writers destroy a store. Do you know that it no longer runs? (yes/no) `);
  for await (const line of terminal.stdin) {
    if (YES.test(new TextDecoder().decode(line).trim())) return;
    break;
  }
  throw new CommandFailure(ExitCode.locked, 'nothing is changed');
}
