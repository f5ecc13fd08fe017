import { StoreError } from '../base/store-error.ts';
import type { Command, CommandCall } from './command.ts';
import { CommandArguments } from './command-arguments.ts';
import { commands } from './commands.ts';
import { ExitCode, exitCodeOf, UsageError } from './exit-codes.ts';
import { Output } from './output.ts';
import { ProgressLine } from './progress-line.ts';
import { styleFor } from './style.ts';
import { packageVersion, type Terminal } from './terminal.ts';
import { commandUsage, programUsage } from './usage.ts';
import { WAIT_OPTION } from './writer-options.ts';

const PROGRAM = 'projection-cache';

/** Runs the command line `argv`, without the program's name. Resolves to the exit code when all output is written. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const out = new Output(terminal.stdout);
  const errors = new Output(terminal.stderr);
  const progress = new ProgressLine(terminal);
  const warn = (line: string): void => {
    progress.clear();
    terminal.stderr.write(`${line}\n`);
  };
  const [name = '', ...rest] = argv;
  const command = commands.find((candidate) => candidate.name === name);
  try {
    const exitCode =
      command === undefined
        ? await runProgram(argv, out)
        : await runOne(command, rest, {
            out,
            progress,
            terminal,
            warn,
            style: styleFor(terminal.stdout, terminal.env),
          });
    await out.flush();
    return exitCode;
  } catch (error) {
    progress.clear();
    return await reported(error, command, out, errors);
  }
}

async function runOne(command: Command, argv: readonly string[], call: Omit<CommandCall, 'args'>): Promise<number> {
  const args = new CommandArguments(command, argv);
  if (args.flag('help')) {
    await call.out.print(commandUsage(command));
    return ExitCode.done;
  }
  try {
    return await command.run({ ...call, args });
  } finally {
    call.progress.clear();
  }
}

/** What the program does without a command. */
async function runProgram(argv: readonly string[], out: Output): Promise<number> {
  const [name, topic] = argv;
  switch (name) {
    case '--help':
    case '-h':
    case 'help': {
      const command = commands.find((candidate) => candidate.name === topic);
      if (topic !== undefined && command === undefined) throw unknownCommand(topic);
      await out.print(command === undefined ? programUsage(commands) : commandUsage(command));
      return ExitCode.done;
    }
    case '--version':
      await out.printLine(packageVersion());
      return ExitCode.done;
    default:
      throw name === undefined ? new MissingCommand('a command is missing') : unknownCommand(name);
  }
}

/** A call without a command: a person wants to know which there are. */
class MissingCommand extends UsageError {}

function unknownCommand(name: string): UsageError {
  return new UsageError(`there is no command ${name}: there are ${commands.map((command) => command.name).join(', ')}`);
}

/** Writes the line for a failure and returns its exit code. */
async function reported(error: unknown, command: Command | undefined, out: Output, errors: Output): Promise<number> {
  const exitCode = exitCodeOf(error);
  // The reader of the output wanted no more: that is no failure to speak of.
  if (exitCode === ExitCode.brokenPipe) return exitCode;
  try {
    // What was found before the failure belongs before its message.
    await out.flush();
    await errors.print(`${messageOf(error, exitCode, command)}\n`);
    await errors.flush();
  } catch {
    // There is no place left to report it.
  }
  return exitCode;
}

function messageOf(error: unknown, exitCode: number, command: Command | undefined): string {
  const who = command === undefined ? PROGRAM : `${PROGRAM} ${command.name}`;
  if (exitCode === ExitCode.unexpected) {
    const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${who}: unexpected failure, please report it: ${details}`;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof MissingCommand) return programUsage(commands).trimEnd();
  if (error instanceof UsageError) return `${who}: ${message}\nSee: ${who} --help`;
  const canWait = error instanceof StoreError && error.code === 'LOCKED' && command?.options.includes(WAIT_OPTION);
  return canWait === true ? `${who}: ${message}. To wait on this command line: --wait MS` : `${who}: ${message}`;
}
