import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DemoError } from './demo-error.ts';
import type { RecordedChange } from './file-change.ts';
import { GitFailure, gitAnswer, gitOutput } from './git-process.ts';
import { commitFormat, NumstatParser } from './numstat-parser.ts';

/** User settings that would change the output, reset to the defaults of git. */
const plainSettings = ['core.quotePath=false', 'log.showSignature=false', 'log.showRoot=true', 'diff.relative=false'];

/**
 * A git repository as an event log: the commits that lead to one head, oldest first, parents before children.
 *
 * Merges are left out: every change counts once, at the commit that made it. A rename counts as one file removed and
 * another added, and so each file keeps its own history. In a shallow clone the log begins where the clone does. The
 * head is fixed when the log is opened: commits made later are not seen, and every read yields the same events.
 */
export class CommitLog {
  /** The repository, or a directory inside it, as an absolute path. */
  readonly path: string;
  /** Hash of the newest commit. */
  readonly head: string;
  /** How many commits there are, without merges. */
  readonly commits: number;

  /** `CommitLog.open` determines these. */
  constructor(path: string, head: string, commits: number) {
    this.path = path;
    this.head = head;
    this.commits = commits;
  }

  /** @throws {DemoError} if git, the directory, the repository, or its first commit is missing. */
  static async open(directory: string): Promise<CommitLog> {
    const path = resolve(directory);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new DemoError(`${path} is not a directory: give the path of a git repository`);
    }
    await orElse(gitAnswer(path, ['rev-parse', '--git-dir']), (failure) => {
      return `${path} is not in a git repository that can be read: give the path of one (${failure.message})`;
    });
    const head = await orElse(gitAnswer(path, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']), () => {
      return `The repository in ${path} has no commits yet: commit something, or give the path of another one`;
    });
    const commits = Number(await gitAnswer(path, ['rev-list', '--count', '--no-merges', head]));
    return new CommitLog(path, head, commits);
  }

  /** The events after the commit with this position, ascending; by default all. git runs at the pace of the consumer. */
  async *read(after = 0): AsyncGenerator<RecordedChange, void> {
    const parser = new NumstatParser(after);
    for await (const text of gitOutput(this.path, this.#logCommand(this.commits - after))) yield* parser.push(text);
    parser.end();
  }

  #logCommand(newest: number): string[] {
    return [
      ...plainSettings.flatMap((setting) => ['-c', setting]),
      ...['log', '--reverse', '--date-order', '--no-merges', '--no-renames', '--no-ext-diff', '--no-color'],
      ...['--numstat', '-z', `--format=${commitFormat}`, `--max-count=${newest}`, this.head, '--'],
    ];
  }
}

/** Replaces the message of a git that ran and failed; any other error, such as a missing git, is passed on. */
async function orElse(answer: Promise<string>, message: (failure: GitFailure) => string): Promise<string> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof GitFailure ? new DemoError(message(error), { cause: error }) : error;
  }
}
