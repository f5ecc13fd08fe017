import { type Contents, summaryOf } from './contents.ts';

interface State {
  /** How many changes the disk had seen when the operation that leads to this state started. */
  readonly begun: number;
  readonly summary: string;
}

interface Promised {
  /** From so many changes on a crash must not restore a state before `state`. */
  readonly changes: number;
  readonly state: number;
}

/**
 * The states of a store whose disk is recorded: one after each accepted operation, with the time when the operation
 * started and the time from which the state is promised. It decides which states a crash at any point may leave.
 */
export class AllowedStates {
  readonly #states: State[];
  readonly #promises: Promised[] = [{ changes: 0, state: 0 }];
  #contents: Map<string, string>;
  /** The state that the operation under way leads to: another process may see it before the operation returns. */
  #expected: string | undefined;

  /** `starts`: the possible states at the beginning; default: empty. */
  constructor(starts: readonly string[] = [summaryOf([])], contents: Contents = new Map()) {
    this.#states = starts.map((summary) => ({ begun: -1, summary }));
    this.#contents = new Map(contents);
  }

  get contents(): Contents {
    return this.#contents;
  }

  /** The index of the newest state. */
  get newest(): number {
    return this.#states.length - 1;
  }

  get summary(): string {
    return (this.#states[this.newest] as State).summary;
  }

  /** Records that an operation starts which changes the contents with `change`. */
  expect(change: (contents: Map<string, string>) => void): void {
    const contents = new Map(this.#contents);
    change(contents);
    this.#expected = summaryOf(contents);
  }

  /** Records an accepted operation that started after `begun` changes and changes the contents with `change`. */
  accept(begun: number, change: (contents: Map<string, string>) => void): void {
    this.#expected = undefined;
    change(this.#contents);
    this.#states.push({ begun, summary: summaryOf(this.#contents) });
  }

  /** Records that a sync which returned after `changes` changes covered everything up to `state`. */
  promise(changes: number, state: number = this.newest): void {
    this.#promises.push({ changes, state });
  }

  /**
   * Records that an opening which returned after `changes` changes found these contents: the store continues from here.
   */
  reopened(changes: number, contents: Contents): void {
    this.#contents = new Map(contents);
    this.#states.push({ begun: changes, summary: summaryOf(contents) });
    this.promise(changes);
  }

  /** The states that a crash after `changes` changes may leave, oldest first. */
  allowed(changes: number): string[] {
    const { lowest, highest } = this.#bounds(changes);
    return this.#states.slice(lowest, highest + 1).map(({ summary }) => summary);
  }

  isAllowed(changes: number, summary: string): boolean {
    const { lowest, highest } = this.#bounds(changes);
    for (let state = highest; state >= lowest; state -= 1) if (this.#states[state]?.summary === summary) return true;
    return false;
  }

  /**
   * The earliest state from `from` on that has this summary, and that another process may see after `changes` changes;
   * `undefined` if there is none.
   */
  stateFrom(from: number, changes: number, summary: string): number | undefined {
    const { lowest, highest } = this.#bounds(changes);
    for (let state = Math.max(from, lowest); state <= highest; state += 1) {
      if (this.#states[state]?.summary === summary) return state;
    }
    return summary === this.#expected ? this.#states.length : undefined;
  }

  /** Whether it was a state before `changes` changes: what a reader may see, without any promise. */
  wasState(changes: number, summary: string): boolean {
    const { highest } = this.#bounds(changes);
    return this.#states.slice(0, highest + 1).some((state) => state.summary === summary);
  }

  #bounds(changes: number): { lowest: number; highest: number } {
    let lowest = 0;
    for (const promised of this.#promises) {
      if (promised.changes <= changes) lowest = Math.max(lowest, promised.state);
    }
    let highest = this.newest;
    // An operation without any applied change cannot be on the disk.
    while (highest > lowest && (this.#states[highest] as State).begun >= changes) highest -= 1;
    return { lowest, highest };
  }
}
