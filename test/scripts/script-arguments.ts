import { parseArgs } from 'node:util';

/** One whole number that a script accepts: `--name N`. */
export interface NumberOption {
  readonly name: string;
  readonly meaning: string;
  readonly byDefault: number;
  readonly min: number;
  readonly max: number;
}

/** Workloads are generated from seeds from 1 to this. */
export const SEED_MAX: number = 2 ** 31 - 1;

/** A mistake on the command line; its message is for the user. */
export class UsageError extends Error {}

/** The purpose of a script, and its options. */
export interface ScriptUsage {
  /** The command: `npm run test:kill`. */
  readonly command: string;
  readonly about: string;
  readonly options: readonly NumberOption[];
}

export function usageText({ command, about, options }: ScriptUsage): string {
  const lines = options.map(({ name, meaning, byDefault }) => {
    return `  ${`--${name} N`.padEnd(19)}  ${meaning}; default ${byDefault}`;
  });
  return [`Usage: ${command} [-- OPTIONS]`, '', about, '', ...lines, `  ${'--help'.padEnd(19)}  prints this`].join(
    '\n',
  );
}

/** The value of each option by its name; `undefined` if help is requested. Throws `UsageError` for mistakes. */
export function readArguments(usage: ScriptUsage, args: readonly string[]): ReadonlyMap<string, number> | undefined {
  const values = parse(usage, args);
  if (values['help'] === true) return undefined;
  return new Map(usage.options.map((option) => [option.name, numberOf(usage, option, values[option.name])]));
}

function parse(usage: ScriptUsage, args: readonly string[]): Readonly<Record<string, unknown>> {
  const numbers = usage.options.map(({ name }) => [name, { type: 'string' as const }] as const);
  const help = { help: { type: 'boolean' as const, short: 'h' } };
  try {
    return parseArgs({ args: [...args], options: { ...Object.fromEntries(numbers), ...help } }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${message}\n\n${usageText(usage)}`, { cause: error });
  }
}

function numberOf(usage: ScriptUsage, { name, byDefault, min, max }: NumberOption, text: unknown): number {
  if (text === undefined) return byDefault;
  const number = String(text).trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  const given = text === '' ? 'nothing' : String(text);
  throw new UsageError(
    `Give a whole number from ${min} to ${max} after --${name}, not ${given}\n\n${usageText(usage)}`,
  );
}

/**
 * Runs a script with the numbers of its command line. A mistake there is printed, and ends the script with status 2.
 */
export async function runScript(
  usage: ScriptUsage,
  run: (number: (name: string) => number) => Promise<void>,
): Promise<void> {
  try {
    const numbers = readArguments(usage, process.argv.slice(2));
    if (numbers === undefined) console.log(usageText(usage));
    else await run((name) => numbers.get(name) as number);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
