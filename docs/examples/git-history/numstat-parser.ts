import { DemoError } from './demo-error.ts';
import { type RecordedChange, sequenceOf } from './file-change.ts';

/** The format that `git log` prints for a commit: without text by people, so that nothing needs escaping. */
export const commitFormat: string = 'commit %ct';

const commitPattern = /^commit (-?\d*)$/;
const changePattern = /^(\d+|-)\t(\d+|-)\t(.+)$/s;

/**
 * Reads the output of `git log --numstat -z --format='commit %ct'`, which is made of units that each end in NUL:
 *
 *     history : commit*
 *     commit  : "commit " seconds NUL change*
 *     change  : added TAB removed TAB path NUL         a "-" for each number when the file is binary
 *
 * with a newline before the first change of a commit. A path may hold anything but NUL, newlines and tabs included; as
 * a change begins with a digit or a minus, it cannot be mistaken for a commit.
 */
export class NumstatParser {
  #commit: number;
  #committedAt = 0;
  #position = 0;
  #rest = '';

  /** The first commit of the output is the one after the commit with the position `after`. */
  constructor(after = 0) {
    this.#commit = after;
  }

  /** The events that are completed by `text`, the next chunk of the output. */
  *push(text: string): Generator<RecordedChange, void> {
    const units = (this.#rest + text).split('\0');
    this.#rest = units.pop() ?? '';
    for (const unit of units) {
      const change = this.#parse(unit.startsWith('\n') ? unit.slice(1) : unit);
      if (change !== undefined) yield change;
    }
  }

  /** Call it after the last chunk. Throws `DemoError` if the output ends in the middle of a unit. */
  end(): void {
    if (this.#rest !== '') throw new DemoError(`git log stopped in the middle of ${JSON.stringify(this.#rest)}`);
  }

  #parse(unit: string): RecordedChange | undefined {
    const change = changePattern.exec(unit);
    if (change !== null) return this.#recorded(change[3] ?? '', lines(change[1]), lines(change[2]));
    const commit = commitPattern.exec(unit);
    if (commit === null) throw new DemoError(`git log printed something unknown: ${JSON.stringify(unit)}`);
    this.#commit += 1;
    this.#committedAt = Number(commit[1]);
    this.#position = 0;
    return undefined;
  }

  #recorded(path: string, linesAdded: number, linesRemoved: number): RecordedChange {
    this.#position += 1;
    const event = { commit: this.#commit, committedAt: this.#committedAt, path, linesAdded, linesRemoved };
    return { sequence: sequenceOf(this.#commit, this.#position), event };
  }
}

function lines(field: string | undefined): number {
  return field === undefined || field === '-' ? 0 : Number(field);
}
