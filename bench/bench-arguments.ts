import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

export const usage: string = `Usage: npm run bench [-- OPTIONS]

Measures a LogCache: puts, gets, scans, prefix deletions, syncs and openings,
with percentiles of single operations, beside the least that the disk allows.

  --entries N      how many entries; default 200000
  --value-bytes N  bytes of each value; default 256
  --rounds N       how often each work is measured; medians are shown; default 5
  --directory DIR  where to put the caches, to choose a disk; default the
                   temporary directory
  --json           prints the figures as JSON
  --help           prints this
`;

export interface BenchArguments {
  readonly entries: number;
  readonly valueBytes: number;
  readonly rounds: number;
  readonly directory: string;
  readonly json: boolean;
  readonly help: boolean;
}

/** A mistake on the command line; its message is for the user. */
export class UsageError extends Error {}

/** @throws {UsageError} for anything that `usage` does not offer. */
export function parseBenchArguments(args: readonly string[]): BenchArguments {
  const values = parse(args);
  return {
    // Fewer would leave no group to delete; more do not fit into the 32-bit orders.
    entries: integer('--entries', values.entries, 200_000, 200, 100_000_000),
    valueBytes: integer('--value-bytes', values['value-bytes'], 256, 4, 1_000_000),
    rounds: integer('--rounds', values.rounds, 5, 1, 1000),
    directory: values.directory ?? tmpdir(),
    json: values.json === true,
    help: values.help === true,
  };
}

interface Values {
  readonly entries?: string | undefined;
  readonly 'value-bytes'?: string | undefined;
  readonly rounds?: string | undefined;
  readonly directory?: string | undefined;
  readonly json?: boolean | undefined;
  readonly help?: boolean | undefined;
}

function parse(args: readonly string[]): Values {
  const options = {
    entries: { type: 'string' },
    'value-bytes': { type: 'string' },
    rounds: { type: 'string' },
    directory: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, { cause: error });
  }
}

function integer(name: string, text: string | undefined, byDefault: number, min: number, max: number): number {
  const number = text === undefined ? byDefault : Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new UsageError(`Give a whole number from ${min} to ${max} after ${name}, not ${text}\n\n${usage}`);
}
