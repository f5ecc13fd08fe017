import type { CacheEntry } from '../../contract/cache-entry.ts';
import type { Command, CommandCall } from '../command.ts';
import { CommandFailure, ExitCode, UsageError } from '../exit-codes.ts';
import { isPrintable, quotedText } from '../json-text.ts';
import { keyForm, keyText } from '../key-text.ts';
import { ListedEntries } from '../listed-entries.ts';
import { bytesText, timeText } from '../number-text.ts';
import { KEY_FORM_OPTIONS, keyBytes, prefixOf, STREAM_OPTIONS } from '../selection.ts';
import { valueText } from '../value-text.ts';

export const getCommand: Command = {
  name: 'get',
  summary: 'Prints the entry under a key, or the entries of a stream.',
  operands: ['DIR', '[KEY]'],
  options: [
    ...KEY_FORM_OPTIONS,
    ...STREAM_OPTIONS,
    { name: 'raw', text: 'the bytes of the value exactly, and nothing else' },
    { name: 'json', text: 'one JSON object a line' },
  ],
  notes:
    'A value prints as pretty JSON or text where it is that, else as hexadecimal digits. Of a value of a projector the\n' +
    'state is shown; --raw prints what is stored. Without an entry the exit code is 1.',
  run: get,
};

async function get(call: CommandCall): Promise<number> {
  const { args } = call;
  const [, text] = args.operands;
  const prefix = prefixOf(args);
  if ((text === undefined) === (prefix === undefined)) throw new UsageError('name one KEY, or entries with --stream');
  const key = text === undefined ? undefined : keyBytes(args, text, 'KEY');
  let found = 0;
  for (const [at, entry] of new ListedEntries(call, { prefix: key ?? prefix }).read()) {
    // The key itself is the first of all that start with it.
    if (key !== undefined && at.length !== key.length) break;
    if (found > 0 && args.flag('raw'))
      throw new CommandFailure(ExitCode.notFound, 'several entries: name one for --raw');
    await printEntry(call, at, entry, found > 0);
    found += 1;
  }
  if (found > 0) return ExitCode.done;
  const what = text === undefined ? `stream ${quotedText(args.text('stream') ?? '')}` : quotedText(text);
  throw new CommandFailure(ExitCode.notFound, `there is no entry of ${what}`);
}

async function printEntry(
  { args, out, style }: CommandCall,
  key: Uint8Array,
  { value, meta }: CacheEntry,
  hasOneBefore: boolean,
): Promise<void> {
  if (args.flag('raw')) {
    await out.printBytes(value);
    return;
  }
  const shown = valueText(key, value);
  const { watermark, cachedAtUs } = meta;
  if (args.flag('json')) {
    const form = {
      key: keyForm(key),
      watermark: String(watermark),
      cachedAtUs: String(cachedAtUs),
      valueBytes: value.length,
      isState: shown.isState,
      ...(shown.checkpoint === undefined ? {} : { checkpoint: shown.checkpoint }),
    };
    // The value as it is written in the store: a number of 20 digits would not survive `JSON.parse`.
    await out.printLine(`${JSON.stringify(form).slice(0, -1)},${shown.json}}`);
    return;
  }
  const { checkpoint } = shown;
  const rows: (readonly [string, string])[] = [
    ['key', keyText(key)],
    ['watermark', String(watermark)],
    ['cached at', timeText(cachedAtUs)],
    ...(checkpoint === undefined
      ? []
      : [['checkpoint', isPrintable(checkpoint) ? checkpoint : quotedText(checkpoint)] as const]),
    ['value', `${shown.isState ? 'state of a projector, ' : ''}${shown.form}, ${bytesText(value.length)}`],
  ];
  if (hasOneBefore) await out.printLine('');
  for (const [name, field] of rows) await out.printLine(`${style.faint(name.padEnd(11))}${field}`);
  await out.printLine(`\n${shown.text}`);
}
