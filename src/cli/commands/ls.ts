import type { CacheMeta } from '../../contract/cache-entry.ts';
import { hexOf } from '../byte-text.ts';
import type { Command, CommandCall } from '../command.ts';
import { ExitCode } from '../exit-codes.ts';
import { keyForm, keyText } from '../key-text.ts';
import { type EntrySelection, ListedEntries } from '../listed-entries.ts';
import { timeText } from '../number-text.ts';
import { PREFIX_OPTIONS, prefixOf } from '../selection.ts';
import { withReader } from '../store-directory.ts';

const COLUMN_GAP = '  ';

export const lsCommand: Command = {
  name: 'ls',
  summary: 'Lists the keys in order, one a line.',
  operands: ['DIR'],
  options: [
    ...PREFIX_OPTIONS,
    { name: 'limit', value: 'N', text: 'at most N entries' },
    { name: 'reverse', text: 'from the last key to the first' },
    { name: 'long', text: 'also read each entry: its watermark, time and bytes' },
    { name: 'raw', text: 'keys as hexadecimal digits, which --hex of other commands accepts' },
    { name: 'json', text: 'one JSON object a line, with watermark, time and bytes' },
  ],
  notes:
    'Keys of a projector print as stream, name, version and the beginning of their fingerprint. Other keys print as\n' +
    'text where they are text, and as 0x and hexadecimal digits where they are not.',
  run: list,
};

async function list(call: CommandCall): Promise<number> {
  const { args } = call;
  const prefix = prefixOf(args);
  const limit = args.integer('limit', 0) ?? Number.POSITIVE_INFINITY;
  const reverse = args.flag('reverse');
  if (args.flag('json') || args.flag('long')) return await listEntries(call, { prefix, reverse }, limit);
  return await withReader(call, async (cache) => {
    const form = args.flag('raw') ? hexOf : keyText;
    const range = { reverse, limit, ...(prefix === undefined ? {} : { prefix }) };
    for (const key of cache.keys(range)) await call.out.printLine(form(key));
    return ExitCode.done;
  });
}

async function listEntries(call: CommandCall, selection: EntrySelection, limit: number): Promise<number> {
  const entries = new ListedEntries(call, selection);
  let listed = 0;
  for (const [key, { value, meta }] of entries.read()) {
    if (listed === limit) break;
    listed += 1;
    await printEntry(call, key, meta, value.length);
  }
  return entries.damaged > 0 ? ExitCode.notFound : ExitCode.done;
}

async function printEntry(
  { args, out, style }: CommandCall,
  key: Uint8Array,
  meta: CacheMeta,
  valueBytes: number,
): Promise<void> {
  const { watermark, cachedAtUs } = meta;
  if (args.flag('json')) {
    const form = { key: keyForm(key), watermark: String(watermark), cachedAtUs: String(cachedAtUs), valueBytes };
    await out.printLine(JSON.stringify(form));
    return;
  }
  const columns = [String(watermark).padStart(10), timeText(cachedAtUs), String(valueBytes).padStart(9)];
  const shownKey = args.flag('raw') ? hexOf(key) : keyText(key);
  await out.printLine(`${style.faint(columns.join(COLUMN_GAP))}${COLUMN_GAP}${shownKey}`);
}
