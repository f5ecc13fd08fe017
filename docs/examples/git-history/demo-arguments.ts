import { parseArgs } from 'node:util';
import { DemoError } from './demo-error.ts';

export const usage: string = `Usage: npm run demo [-- [PATH] [--cache DIR] [--help]]

Shows what a cache saves. The history of a git repository is the event log: each
file that a commit changes is an event. The events are folded into one state for
each file and directory: commits, lines added and removed, first and last
change. This is done in three ways: without a cache, with a cache that is some
commits behind, and with one that is up to date. All three must lead to the same
states.

  PATH         the repository, or a directory inside it; default: this directory
  --cache DIR  keeps the caches in DIR; caches of an earlier run there are
               emptied first. Default: a temporary directory, removed at the end
  --help       prints this
`;

export interface DemoArguments {
  readonly repository: string;
  /** Where to keep the caches; `undefined` for a temporary directory. */
  readonly cacheDirectory: string | undefined;
  readonly help: boolean;
}

/** @throws {DemoError} for anything that `usage` does not offer. */
export function parseDemoArguments(args: readonly string[]): DemoArguments {
  const { values, positionals } = parse(args);
  if (positionals.length > 1) throw refusal(`one PATH, not ${positionals.length}: ${positionals.join(' ')}`);
  if (values.cache === '') throw refusal('a directory after --cache, not an empty text');
  return { repository: positionals[0] ?? '.', cacheDirectory: values.cache, help: values.help === true };
}

function parse(args: readonly string[]): {
  readonly values: { readonly cache?: string | undefined; readonly help?: boolean | undefined };
  readonly positionals: readonly string[];
} {
  const options = { cache: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new DemoError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, { cause: error });
  }
}

function refusal(expected: string): DemoError {
  return new DemoError(`Give ${expected}\n\n${usage}`);
}
