import { VALUE_BYTES_MAX } from '../../log/record-format.ts';
import { argumentBytes } from '../byte-text.ts';
import type { Command, CommandCall } from '../command.ts';
import { CommandFailure, ExitCode, UsageError } from '../exit-codes.ts';
import { keyText } from '../key-text.ts';
import { KEY_FORM_OPTIONS, keyBytes } from '../selection.ts';
import { withWriter } from '../store-directory.ts';
import { WRITER_OPTIONS } from '../writer-options.ts';

const US_PER_MS = 1_000n;

export const putCommand: Command = {
  name: 'put',
  summary: 'Stores a value under a key, durably.',
  operands: ['DIR', 'KEY', 'VALUE'],
  options: [
    { name: 'watermark', value: 'N', text: 'required: the sequence of the newest event in the value' },
    { name: 'cached-at', value: 'US', text: 'when it was cached, in microseconds since 1970; default: now' },
    { name: 'overwrite', text: 'also replace an entry with a higher watermark' },
    ...KEY_FORM_OPTIONS,
    ...WRITER_OPTIONS,
  ],
  notes: 'VALUE is text; - reads the bytes of the value from standard input.',
  run: put,
};

async function put(call: CommandCall): Promise<number> {
  const { args, terminal } = call;
  const [, keyArgument = '', valueArgument = ''] = args.operands;
  const key = keyBytes(args, keyArgument, 'KEY');
  const watermark = args.watermark('watermark');
  if (watermark === undefined)
    throw new UsageError('--watermark is missing: the sequence of the newest event in the value');
  const cachedAtUs = args.time('cached-at') ?? BigInt(terminal.now()) * US_PER_MS;
  // Before the store is locked: a person may be typing.
  const value = valueArgument === '-' ? await allOf(terminal.stdin) : argumentBytes(valueArgument, 'text', 'VALUE');
  return await withWriter(call, { creates: true }, (cache) => {
    const there = cache.get(key)?.meta.watermark;
    if (there !== undefined && there > watermark && !args.flag('overwrite')) {
      throw new CommandFailure(
        ExitCode.refused,
        `${keyText(key)} is there with the higher watermark ${there}: nothing is changed. To replace it: --overwrite`,
      );
    }
    cache.put(key, value, { watermark, cachedAtUs });
    return ExitCode.done;
  });
}

async function allOf(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of input) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > VALUE_BYTES_MAX) {
      throw new CommandFailure(ExitCode.tooLarge, `a value has at most ${VALUE_BYTES_MAX} bytes: the input has more`);
    }
  }
  return Buffer.concat(pieces);
}
