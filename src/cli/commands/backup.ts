import { errnoOf } from '../../base/store-error.ts';
import type { BackupReport } from '../../store/backup/backup.ts';
import type { Command, CommandCall } from '../command.ts';
import { CommandFailure, ExitCode, UsageError } from '../exit-codes.ts';
import { interruptible } from '../interruption.ts';
import { bytesText, countText, entriesText } from '../number-text.ts';
import { withReader } from '../store-directory.ts';

export const backupCommand: Command = {
  name: 'backup',
  summary: 'Copies a store into a new directory, also while it is written to.',
  operands: ['DIR', 'TARGET'],
  options: [{ name: 'json', text: 'one JSON object' }],
  notes:
    'The copy is what the writer had made durable when this started, and verified as it is made. TARGET must be absent or\n' +
    'empty. An interrupted backup leaves a directory that does not open, or an empty one. To restore, copy TARGET to where\n' +
    'it is needed.',
  run: backup,
};

async function backup(call: CommandCall): Promise<number> {
  const { args, out, progress, terminal } = call;
  const [, target = ''] = args.operands;
  if (target === '') throw new UsageError('TARGET must not be empty');
  const report = await interruptible(terminal, (signal) =>
    withReader(call, (cache) =>
      cache.backupAsync(target, { signal, onProgress: (done) => progress.showBytes('backup', done) }).catch(asFailure),
    ),
  );
  progress.clear();
  await out.printLine(args.flag('json') ? JSON.stringify(report) : reportText(report));
  return report.recordsDamaged === 0 ? ExitCode.done : ExitCode.notFound;
}

/** A target that is in use is refused, as an entry that is there is; the disk has not failed. */
function asFailure(error: unknown): never {
  if (!(error instanceof Error) || errnoOf(error.cause) !== 'ENOTEMPTY') throw error;
  throw new CommandFailure(ExitCode.refused, error.message, { cause: error });
}

function reportText({ entries, records, bytes, recordsDamaged }: BackupReport): string {
  const copied = `copied ${entriesText(entries)} in ${countText(records)} records, ${bytesText(bytes)}`;
  return recordsDamaged === 0 ? copied : `${copied}; left out ${countText(recordsDamaged)} damaged records`;
}
