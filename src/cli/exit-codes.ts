import { errnoOf, StoreError, type StoreErrorCode } from '../base/store-error.ts';

/** The exit codes of the command line, documented in docs/command-line.md. */
export const ExitCode = {
  done: 0,
  /** `get` found no entry, or damage was found, or a dump is not complete. */
  notFound: 1,
  usage: 2,
  noStore: 3,
  locked: 4,
  io: 5,
  incompatible: 6,
  tooLarge: 7,
  poisoned: 8,
  corrupt: 9,
  /** A line of `load` is invalid, or an entry that is there is newer than the one to store. */
  refused: 10,
  /** A bug of this program. */
  unexpected: 70,
  interrupted: 130,
  /** What a shell shows for a program that SIGPIPE ended. */
  brokenPipe: 141,
} as const;

const STORE_ERRORS: Partial<Record<StoreErrorCode, number>> = {
  LOCKED: ExitCode.locked,
  IO: ExitCode.io,
  INCOMPATIBLE: ExitCode.incompatible,
  TOO_LARGE: ExitCode.tooLarge,
  POISONED: ExitCode.poisoned,
  CORRUPT: ExitCode.corrupt,
};

/** A failure that a command reports itself: its message is the line on standard error. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

/** The command was called in a way that it does not know. */
export class UsageError extends CommandFailure {
  constructor(message: string, options?: ErrorOptions) {
    super(ExitCode.usage, message, options);
    this.name = 'UsageError';
  }
}

/** A file or directory could not be read: the failure of the platform, as the line to print. */
export function readFailure(path: string, error: unknown): CommandFailure {
  const reason = error instanceof Error ? error.message : String(error);
  return new CommandFailure(ExitCode.io, `could not read ${path}: ${reason}`, { cause: error });
}

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandFailure) return error.exitCode;
  if (error instanceof StoreError) return STORE_ERRORS[error.code] ?? ExitCode.unexpected;
  return errnoOf(error) === 'EPIPE' ? ExitCode.brokenPipe : ExitCode.unexpected;
}
