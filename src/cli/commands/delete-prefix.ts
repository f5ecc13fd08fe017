import type { Command, CommandCall } from '../command.ts';
import { ExitCode, UsageError } from '../exit-codes.ts';
import { entriesText } from '../number-text.ts';
import { KEY_FORM_OPTIONS, prefixOf, STREAM_OPTIONS } from '../selection.ts';
import { withWriter } from '../store-directory.ts';
import { WAIT_OPTION } from '../writer-options.ts';

export const deletePrefixCommand: Command = {
  name: 'delete-prefix',
  summary: 'Removes every entry whose key starts with a prefix, or the entries of a stream.',
  operands: ['DIR', '[PREFIX]'],
  options: [
    ...STREAM_OPTIONS,
    { name: 'all', text: 'remove every entry' },
    ...KEY_FORM_OPTIONS,
    WAIT_OPTION,
    { name: 'json', text: 'one JSON object' },
  ],
  notes: 'Without entries to remove it succeeds. ls --prefix lists what would be removed.',
  run: deletePrefix,
};

async function deletePrefix(call: CommandCall): Promise<number> {
  const { args, out } = call;
  const prefix = prefixOf(args, args.operands[1]);
  if (prefix !== undefined && args.flag('all')) throw new UsageError('a prefix and --all exclude each other');
  if ((prefix === undefined || prefix.length === 0) && !args.flag('all')) {
    throw new UsageError(
      `${prefix === undefined ? 'a prefix is missing' : 'an empty prefix removes all'}: use --all to remove every entry`,
    );
  }
  const removed = await withWriter(call, { creates: false }, (cache) => cache.deletePrefix(prefix ?? ''));
  await out.printLine(args.flag('json') ? JSON.stringify({ removed }) : `removed ${entriesText(removed)}`);
  return ExitCode.done;
}
