import { parseArgs } from 'node:util';
import { UsageError } from './exit-codes.ts';

/** An option of a command. */
export interface CommandOption {
  readonly name: string;
  /** What its value is called in the help; absent for an option without a value. */
  readonly value?: string;
  /** One line for the help. */
  readonly text: string;
}

/** What a command accepts. */
export interface CommandSyntax {
  /** Its arguments in order; those in brackets may be absent. */
  readonly operands: readonly string[];
  readonly options: readonly CommandOption[];
}

const WATERMARK_MAX = 2n ** 64n - 1n;
const TIME_MAX = 2n ** 63n - 1n;

/** The arguments of one call of a command. Its methods throw `UsageError` for an invalid value. */
export class CommandArguments {
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;
  /** The arguments that belong to no option, in order. */
  readonly operands: readonly string[];

  constructor(syntax: CommandSyntax, argv: readonly string[]) {
    const { values, positionals } = parsed(syntax, argv);
    this.#values = values;
    this.operands = positionals;
    if (this.flag('help')) return;
    const missing = syntax.operands[positionals.length];
    if (missing !== undefined && !missing.startsWith('[')) throw new UsageError(`${missing} is missing`);
    const extra = positionals[syntax.operands.length];
    if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  }

  /** The directory of the store: the first operand of every command. */
  get directory(): string {
    const [directory = ''] = this.operands;
    if (directory === '') throw new UsageError('DIR must not be empty');
    return directory;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  integer(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.#digits(name, BigInt(min), BigInt(max));
    return value === undefined ? undefined : Number(value);
  }

  /** The watermark of an option, a u64. */
  watermark(name: string): bigint | undefined {
    return this.#digits(name, 0n, WATERMARK_MAX);
  }

  /** Microseconds since the Unix epoch, as an option has them: an i64 from 0. */
  time(name: string): bigint | undefined {
    return this.#digits(name, 0n, TIME_MAX);
  }

  #digits(name: string, min: bigint, max: bigint): bigint | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
    if (value < min || value > max)
      throw new UsageError(`--${name} must be an integer from ${min} to ${max}, not ${text}`);
    return value;
  }
}

function parsed(
  syntax: CommandSyntax,
  argv: readonly string[],
): { readonly values: Record<string, string | boolean | undefined>; readonly positionals: string[] } {
  const options = Object.fromEntries(
    syntax.options.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' } as const]),
  );
  try {
    return parseArgs({
      args: [...argv],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    // Its errors are for people; what follows the first sentence is too long for a line.
    const [what = ''] = (error instanceof Error ? error.message : String(error)).split(/\.? To specify|\.?\n/);
    const remedy = what.endsWith('ambiguous')
      ? 'A value that begins with - comes after ='
      : 'An argument that begins with - comes after --';
    throw new UsageError(`${what}. ${remedy}`, { cause: error });
  }
}
