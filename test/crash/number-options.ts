import { parseArgs } from 'node:util';

/** A mistake on the command line; the message is for whoever typed it. */
export class UsageError extends Error {}

/** Workloads are made up of seeds from 1 to here. */
export const SEED_MAX: number = 2 ** 31 - 1;

/** The options of a command line that all take a number, `--help` aside. @throws {UsageError} for any others. */
export function parseNumbers(
  args: readonly string[],
  names: readonly string[],
  usageText: string,
): { readonly numbers: NumberOptions; readonly help: boolean } {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  try {
    const { values } = parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean', short: 'h' } } });
    const { help, ...texts } = values as { readonly help?: boolean } & Record<string, string | undefined>;
    return { numbers: new NumberOptions(texts, usageText), help: help === true };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usageText}`, { cause: error });
  }
}

/** What was given after options that take a whole number. */
export class NumberOptions {
  readonly #texts: Readonly<Record<string, string | undefined>>;
  readonly #usage: string;

  constructor(texts: Readonly<Record<string, string | undefined>>, usageText: string) {
    this.#texts = texts;
    this.#usage = usageText;
  }

  /** The number after `--name`, or what stands for its absence. @throws {UsageError} where it is out of range. */
  within(name: string, byDefault: number, min: number, max: number): number {
    const text = this.#texts[name];
    if (text === undefined) return byDefault;
    const number = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new UsageError(`Give a whole number from ${min} to ${max} after --${name}, not ${text}\n\n${this.#usage}`);
  }
}
