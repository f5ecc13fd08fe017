import type { Command, CommandCall } from '../command.ts';
import { dumpLine, VALUE_BYTES_MAX_OF_LINE } from '../dump-line.ts';
import { CommandFailure, ExitCode } from '../exit-codes.ts';
import { keyText } from '../key-text.ts';
import { ListedEntries } from '../listed-entries.ts';
import { countText, entriesText } from '../number-text.ts';
import { PREFIX_OPTIONS, prefixOf } from '../selection.ts';

export const dumpCommand: Command = {
  name: 'dump',
  summary: 'Writes every entry as a line of JSON (NDJSON), for load and for other programs.',
  operands: ['DIR'],
  options: PREFIX_OPTIONS,
  notes:
    'A line is {"key":BASE64,"value":BASE64,"watermark":"N","cachedAtUs":"N"}, in the order of the keys. Beside a\n' +
    'writer each entry is one that the store had while dump ran. If an entry is damaged, the exit code is 1.',
  run: dump,
};

async function dump(call: CommandCall): Promise<number> {
  const { args, out, progress } = call;
  const prefix = prefixOf(args);
  const entries = new ListedEntries(call, { prefix });
  const total = prefix === undefined ? ` of ${countText(entries.size)}` : '';
  let done = 0;
  let tooLarge = 0;
  for (const [key, { value, meta }] of entries.read()) {
    if (value.length > VALUE_BYTES_MAX_OF_LINE) {
      tooLarge += 1;
      call.warn(`the value of ${keyText(key)} has ${countText(value.length)} bytes, too many for a line of text`);
      continue;
    }
    await out.print(dumpLine(key, value, meta));
    done += 1;
    progress.show(() => `dump: ${countText(done)}${total} entries`);
  }
  await out.flush();
  const missing = entries.damaged + tooLarge;
  if (missing === 0) return ExitCode.done;
  throw new CommandFailure(
    ExitCode.notFound,
    `the dump is not complete: ${entriesText(missing)} could not be read, as the messages before say`,
  );
}
