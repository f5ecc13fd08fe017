import { parseArgs } from 'node:util';
import { UsageError } from './bench-arguments.ts';

export const compareUsage: string = `Usage: npm run bench:compare -- [OPTIONS] BEFORE AFTER

Builds two commits, measures both in turns and prints how much time AFTER takes
as a multiple of BEFORE.

  --entries N     how many entries; default 100000
  --rounds N      how often each is measured, for the medians; default 7
  --fail-above R  exits with 1 where a ratio less its spread is above R, such as
                  1.1
  --help          prints this
`;

export interface CompareArguments {
  readonly commits: readonly [string, string];
  readonly entries: number;
  readonly rounds: number;
  readonly failAbove: number | undefined;
  readonly help: boolean;
}

/** @throws {UsageError} for anything that `compareUsage` does not offer. */
export function parseCompareArguments(args: readonly string[]): CompareArguments {
  const { values, positionals } = parse(args);
  const [before = '', after = '', ...more] = positionals;
  const help = values.help === true;
  if (!help && (before === '' || after === '' || more.length > 0)) {
    throw new UsageError(`Give two commits, not ${positionals.length}\n\n${compareUsage}`);
  }
  return {
    commits: [before, after],
    entries: number('--entries', values.entries ?? '100000', { min: 100, max: 10_000_000, whole: true }),
    rounds: number('--rounds', values.rounds ?? '7', { min: 1, max: 1000, whole: true }),
    failAbove:
      values['fail-above'] === undefined
        ? undefined
        : number('--fail-above', values['fail-above'], { min: 1, max: 1000, whole: false }),
    help,
  };
}

interface Parsed {
  readonly values: {
    readonly entries?: string | undefined;
    readonly rounds?: string | undefined;
    readonly 'fail-above'?: string | undefined;
    readonly help?: boolean | undefined;
  };
  readonly positionals: readonly string[];
}

function parse(args: readonly string[]): Parsed {
  const options = {
    entries: { type: 'string' },
    rounds: { type: 'string' },
    'fail-above': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${compareUsage}`, {
      cause: error,
    });
  }
}

function number(
  name: string,
  text: string,
  { min, max, whole }: { readonly min: number; readonly max: number; readonly whole: boolean },
): number {
  const given = Number(text);
  if (given >= min && given <= max && (!whole || Number.isInteger(given))) return given;
  throw new UsageError(
    `Give a ${whole ? 'whole ' : ''}number from ${min} to ${max} after ${name}, not ${text}\n\n${compareUsage}`,
  );
}
