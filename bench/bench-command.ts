import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { UsageError } from './bench-arguments.ts';

/** A benchmark without options. */
export interface BenchCommand {
  /** The npm script, such as `bench:prefetch`. */
  readonly script: string;
  /** What it measures, and how to read the result. */
  readonly about: string;
  /** Whether it accepts the directory to write to. */
  readonly takesDirectory: boolean;
  /** Measures and returns the text to print. */
  run(directory: string): string | Promise<string>;
}

/** Runs a benchmark with the arguments of its command line and prints the result, or the usage for `--help`. */
export async function runBenchCommand(command: BenchCommand, args: readonly string[]): Promise<void> {
  try {
    const { directory, help } = parse(command, args);
    console.log(help ? usageOf(command) : `${await command.run(directory)}\n\n${command.about}`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

function usageOf({ script, about, takesDirectory }: BenchCommand): string {
  return [
    `Usage: npm run ${script}${takesDirectory ? ' [-- DIRECTORY]' : ''}`,
    '',
    about,
    '',
    ...(takesDirectory ? ['  DIRECTORY  where to write, to choose a disk; default the temporary directory'] : []),
    '  --help     prints this',
  ].join('\n');
}

function parse(command: BenchCommand, args: readonly string[]): { directory: string; help: boolean } {
  const options = { help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: command.takesDirectory });
    if (positionals.length > 1) throw new Error(`Give one DIRECTORY, not ${positionals.length}`);
    return { directory: positionals[0] ?? tmpdir(), help: values.help === true };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usageOf(command)}`, {
      cause: error,
    });
  }
}
