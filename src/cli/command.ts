import type { CommandArguments, CommandSyntax } from './command-arguments.ts';
import type { Output } from './output.ts';
import type { ProgressLine } from './progress-line.ts';
import type { Style } from './style.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export interface CommandCall {
  readonly args: CommandArguments;
  readonly out: Output;
  readonly style: Style;
  readonly progress: ProgressLine;
  readonly terminal: Terminal;
  /** A line on standard error that is no failure. */
  readonly warn: (line: string) => void;
}

/** One command of the command line. */
export interface Command extends CommandSyntax {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What the help says below the options. */
  readonly notes?: string;
  /** Resolves to the exit code; rejects with what `exitCodeOf` knows. */
  readonly run: (call: CommandCall) => Promise<number>;
}
