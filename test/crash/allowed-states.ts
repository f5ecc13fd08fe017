import { type Contents, summaryOf } from './contents.ts';

interface State {
  /** How many changes the disk had seen when the operation that leads to this state began. */
  readonly begun: number;
  readonly summary: string;
}

interface Promised {
  /** From so many changes on a crash must not take `state` back. */
  readonly changes: number;
  readonly state: number;
}

/**
 * What a store went through while its disk was recorded: the states after each accepted operation, when each began, and
 * from when on each was promised. It knows which states a crash at any point may leave.
 */
export class History {
  readonly #states: State[];
  readonly #promises: Promised[] = [{ changes: 0, state: 0 }];
  #contents: Map<string, string>;

  /** `starts`: what the store may hold before anything is done; by default it is empty. */
  constructor(starts: readonly string[] = [summaryOf([])], contents: Contents = new Map()) {
    this.#states = starts.map((summary) => ({ begun: -1, summary }));
    this.#contents = new Map(contents);
  }

  get contents(): Contents {
    return this.#contents;
  }

  /** The number of the newest state. */
  get newest(): number {
    return this.#states.length - 1;
  }

  get summary(): string {
    return (this.#states[this.newest] as State).summary;
  }

  /** An operation that began when there were `begun` changes makes the contents so. */
  accept(begun: number, change: (contents: Map<string, string>) => void): void {
    change(this.#contents);
    this.#states.push({ begun, summary: summaryOf(this.#contents) });
  }

  /** A sync that returned when there were `changes` changes covered everything up to `state`. */
  promise(changes: number, state: number = this.newest): void {
    this.#promises.push({ changes, state });
  }

  /** An opening that returned when there were `changes` changes found this: from now on the store goes on from here. */
  reopened(changes: number, contents: Contents): void {
    this.#contents = new Map(contents);
    this.#states.push({ begun: changes, summary: summaryOf(contents) });
    this.promise(changes);
  }

  /** The states a crash after `changes` changes may leave, oldest first. */
  allowed(changes: number): string[] {
    const { lowest, highest } = this.#bounds(changes);
    return this.#states.slice(lowest, highest + 1).map(({ summary }) => summary);
  }

  isAllowed(changes: number, summary: string): boolean {
    const { lowest, highest } = this.#bounds(changes);
    for (let state = highest; state >= lowest; state -= 1) if (this.#states[state]?.summary === summary) return true;
    return false;
  }

  /** Whether it ever was so before there were `changes` changes: what a reader may see, whom nothing is promised. */
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
    // An operation none of whose changes has happened cannot be on the disk.
    while (highest > lowest && (this.#states[highest] as State).begun >= changes) highest -= 1;
    return { lowest, highest };
  }
}
