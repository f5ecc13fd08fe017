import type { Command, CommandCall } from '../command.ts';
import { dumpLine, VALUE_BYTES_MAX_OF_LINE } from '../dump-line.ts';
import { CommandFailure, ExitCode } from '../exit-codes.ts';
import { keyText } from '../key-text.ts';
import { countText } from '../number-text.ts';
import { PREFIX_OPTIONS, prefixOf } from '../selection.ts';
import { withReader } from '../store-directory.ts';

export const dumpCommand: Command = {
  name: 'dump',
  summary: 'Writes every entry as a line of JSON (NDJSON), for load and for other programs.',
  operands: ['DIR'],
  options: PREFIX_OPTIONS,
  notes:
    'A line is {"key":BASE64,"value":BASE64,"watermark":"N","cachedAtUs":"N"}, in the order of the keys. Entries that\n' +
    'cannot be read, as they are damaged or the writer compacts meanwhile, are reported, and the exit code is 1.',
  run: dump,
};

async function dump(call: CommandCall): Promise<number> {
  const { args, out, progress } = call;
  const prefix = prefixOf(args);
  const range = prefix === undefined ? {} : { prefix };
  return await withReader(call, async (cache) => {
    const entries = prefix === undefined ? cache.size : undefined;
    let done = 0;
    let tooLarge = 0;
    for (const [key, { value, meta }] of cache.entries(range)) {
      if (value.length > VALUE_BYTES_MAX_OF_LINE) {
        tooLarge += 1;
        call.warn(`the value of ${keyText(key)} has ${countText(value.length)} bytes, too many for a line of text`);
        continue;
      }
      await out.print(dumpLine(key, value, meta));
      done += 1;
      progress.show(
        () => `dump: ${countText(done)}${entries === undefined ? '' : ` of ${countText(entries)}`} entries`,
      );
    }
    await out.flush();
    const missing = cache.stats().counters.corruptions + tooLarge;
    if (missing === 0) return ExitCode.done;
    throw new CommandFailure(
      ExitCode.notFound,
      `the dump is not complete: ${countText(missing)} entries could not be read. ` +
        'If a writer has the store open, a compaction may have replaced the log: run it again',
    );
  });
}
