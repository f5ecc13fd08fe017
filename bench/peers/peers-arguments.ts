import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { UsageError } from '../bench-arguments.ts';

export const usage: string = `Usage: npm run bench:peers [-- OPTIONS]

Compares LogCache with other embedded stores, each in its best mode, all on the
same Node. The first run installs them into bench/peers.

  --entries N      how many entries; default 200000
  --value-bytes N  bytes of each value; default 256
  --rounds N       how often everything is measured, for the medians; default 3
  --peers LIST     only these besides ours, separated by commas
  --grow LIST      instead: ours and lmdb over these numbers of entries,
                   separated by commas
  --quick          20,000 entries and one round; written nowhere without --json
  --directory DIR  where to put the stores, to choose a disk; default the
                   temporary directory
  --json FILE      where to write the figures, with a chart beside; default
                   docs/benchmarks/
  --help           prints this
`;

export interface PeersArguments {
  readonly entries: number;
  readonly valueBytes: number;
  readonly rounds: number;
  /** `undefined`: all peers. */
  readonly peers: readonly string[] | undefined;
  /** Numbers of entries, ascending; `undefined`: no growth chart but a comparison. */
  readonly grow: readonly number[] | undefined;
  readonly quick: boolean;
  readonly directory: string;
  readonly json: string | undefined;
  readonly help: boolean;
}

const quickEntries = 20_000;
// Fewer leave no runs to delete; more do not fit into the 32-bit orders.
const [entriesMin, entriesMax] = [2000, 100_000_000];

/** @throws {UsageError} for anything that `usage` does not offer. */
export function parsePeersArguments(args: readonly string[], peerNames: readonly string[]): PeersArguments {
  const values = parse(args);
  const quick = values.quick === true;
  const entriesOf = (text: string | undefined, name: string): number =>
    integer(name, text, quick ? quickEntries : 200_000, entriesMin, entriesMax);
  const peers = values.peers?.split(',');
  const unknown = peers?.find((peer) => !peerNames.includes(peer));
  if (unknown !== undefined)
    throw new UsageError(`There is no peer ${unknown}, only ${peerNames.join(', ')}\n\n${usage}`);
  return {
    entries: entriesOf(values.entries, '--entries'),
    valueBytes: integer('--value-bytes', values['value-bytes'], 256, 4, 1_000_000),
    rounds: integer('--rounds', values.rounds, quick ? 1 : 3, 1, 1000),
    peers,
    grow: values.grow
      ?.split(',')
      .map((text) => entriesOf(text, '--grow'))
      .toSorted((a, b) => a - b),
    quick,
    directory: values.directory ?? tmpdir(),
    json: values.json,
    help: values.help === true,
  };
}

type Options = Readonly<Record<'entries' | 'value-bytes' | 'rounds' | 'peers' | 'grow' | 'directory' | 'json', string>>;

function parse(args: readonly string[]): Partial<Options> & { readonly quick?: boolean; readonly help?: boolean } {
  const options = {
    entries: { type: 'string' },
    'value-bytes': { type: 'string' },
    rounds: { type: 'string' },
    peers: { type: 'string' },
    grow: { type: 'string' },
    quick: { type: 'boolean' },
    directory: { type: 'string' },
    json: { type: 'string' },
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
  throw new UsageError(`Give whole numbers from ${min} to ${max} after ${name}, not ${text}\n\n${usage}`);
}
