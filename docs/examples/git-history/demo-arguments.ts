import { parseArgs } from 'node:util';
import { DemoError } from './demo-error.ts';

export const usage: string = `Usage: npm run demo [-- [PATH] [--cache DIR] [--help]]

Takes a git repository as a log of events (each commit's changed files with the lines
added and removed, oldest first) and folds them into one projection for each file and
directory: commits, lines added and removed, first and last change. The projections are
kept in a LogCache, three times: from an empty cache, found again after reopening, and
folded onto a cache that had stopped at an earlier commit. All three must agree.

  PATH         the repository, or a directory inside it; by default the current directory
  --cache DIR  keeps the caches in DIR, where caches of an earlier run are emptied first;
               by default they go to a temporary directory that is removed at the end
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
