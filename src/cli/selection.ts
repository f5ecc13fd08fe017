import { projectionKey, streamPrefix } from '../projection/projection-key.ts';
import { argumentBytes } from './byte-text.ts';
import type { CommandArguments, CommandOption } from './command-arguments.ts';
import { UsageError } from './exit-codes.ts';

const VERSION_MAX: number = 2 ** 32 - 1;
const VERSION_BYTES = 4;

/** Options that say how keys and prefixes are written on the command line. */
export const KEY_FORM_OPTIONS: readonly CommandOption[] = [
  { name: 'hex', text: 'the key or prefix is hexadecimal digits, with or without 0x' },
  { name: 'base64', text: 'the key or prefix is base64' },
];

/** Options that select the entries of a stream. */
export const STREAM_OPTIONS: readonly CommandOption[] = [
  { name: 'stream', value: 'STREAM', text: 'entries of this stream only, in any of its projections' },
  { name: 'name', value: 'NAME', text: 'with --stream: entries of this projection only' },
  { name: 'version', value: 'N', text: 'with --name: this version only' },
];

/** Options that select entries by the beginning of their keys. */
export const PREFIX_OPTIONS: readonly CommandOption[] = [
  { name: 'prefix', value: 'PREFIX', text: 'entries whose keys start with PREFIX only' },
  ...STREAM_OPTIONS,
  ...KEY_FORM_OPTIONS,
];

/** The bytes of a key or prefix in the form that the options name. Throws `UsageError`. */
export function keyBytes(args: CommandArguments, text: string, what: string): Uint8Array {
  const [hex, base64] = [args.flag('hex'), args.flag('base64')];
  if (hex && base64) throw new UsageError('--hex and --base64 exclude each other');
  return argumentBytes(text, hex ? 'hex' : (base64 && 'base64') || 'text', what);
}

/** The prefix that the options select; `undefined` without such an option. Throws `UsageError`. */
export function prefixOf(args: CommandArguments, operand?: string): Uint8Array | undefined {
  const stream = args.text('stream');
  const prefix = operand ?? args.text('prefix');
  const name = args.text('name');
  const version = args.integer('version', 0, VERSION_MAX);
  if (stream === undefined && name !== undefined) throw new UsageError('--name needs --stream');
  if (name === undefined && version !== undefined) throw new UsageError('--version needs --name');
  if (stream === undefined) return prefix === undefined ? undefined : keyBytes(args, prefix, 'the prefix');
  if (prefix !== undefined) throw new UsageError('a prefix and --stream exclude each other');
  if (name === '') throw new UsageError('--name must not be empty');
  if (name === undefined) return streamPrefix(stream);
  const key = projectionKey(stream, name, version);
  return version === undefined ? key.subarray(0, key.length - VERSION_BYTES) : key;
}
