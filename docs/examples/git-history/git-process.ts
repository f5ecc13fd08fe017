import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { DemoError } from './demo-error.ts';

const complaintCharactersMax = 2_000;

/** How a git process ended. `complaint` is its standard error output, shortened to fit into a message. */
interface GitEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly startError: NodeJS.ErrnoException | undefined;
  readonly complaint: string;
}

/** git ran and failed, as opposed to git not being installed. */
export class GitFailure extends DemoError {
  override readonly name: string = 'GitFailure';
}

/**
 * Runs git in `directory` and yields its output piece by piece as it comes, so that a long history is never held at
 * once. Bytes that are not UTF-8 become U+FFFD. A reader that leaves early ends git.
 *
 * @throws {DemoError} when git cannot be started.
 * @throws {GitFailure} when git fails, also in the middle of its output: what was yielded is then not the whole.
 */
export async function* gitOutput(directory: string, args: readonly string[]): AsyncGenerator<string, void> {
  const git = spawn('git', ['-C', directory, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = endOf(git);
  git.stdout.setEncoding('utf8');
  try {
    for await (const text of git.stdout) yield text as string;
  } finally {
    // Does nothing if git has already ended.
    git.kill();
  }
  throwUnlessWell(await end, args);
}

/** The whole output of a git command with a short result, without the newline at its end. */
export async function gitAnswer(directory: string, args: readonly string[]): Promise<string> {
  let answer = '';
  for await (const text of gitOutput(directory, args)) answer += text;
  return answer.replace(/\n$/, '');
}

/** Attaches its handlers at once: an unhandled `error` event would end this process. */
function endOf(git: ChildProcessByStdio<null, Readable, Readable>): Promise<GitEnd> {
  let complaint = '';
  git.stderr.setEncoding('utf8');
  git.stderr.on('data', (text: string) => {
    complaint = (complaint + text).slice(0, complaintCharactersMax);
  });
  return new Promise((resolve) => {
    git.once('error', (startError) => resolve({ code: null, signal: null, startError, complaint }));
    git.once('close', (code, signal) => resolve({ code, signal, startError: undefined, complaint }));
  });
}

function throwUnlessWell(end: GitEnd, args: readonly string[]): void {
  if (end.startError !== undefined) throw notStarted(end.startError);
  if (end.code === 0) return;
  const how = end.signal === null ? `failed with exit code ${end.code}` : `was ended by ${end.signal}`;
  const complaint = end.complaint.trim();
  throw new GitFailure(`git ${commandOf(args)} ${how}${complaint === '' ? '' : `: ${complaint}`}`);
}

function notStarted(cause: NodeJS.ErrnoException): DemoError {
  const advice =
    cause.code === 'ENOENT'
      ? 'This needs git, which is not on the PATH: install it (https://git-scm.com) and run this again'
      : `git could not be started (${cause.message})`;
  return new DemoError(advice, { cause });
}

/** The subcommand in a git command line, after any `-c name=value`. */
function commandOf(args: readonly string[]): string {
  return args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '-c') ?? '';
}
