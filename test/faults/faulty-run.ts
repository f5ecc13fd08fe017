import { StoreError } from '../../src/base/store-error.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import type { Durability } from '../../src/store/log-store-options.ts';
import { crashStates, type FaultRule, FaultStorage, imageDigest, seededRandom } from '../../src/testing/index.ts';
import { AllowedStates } from '../crash/allowed-states.ts';
import { bytesOf, type Contents, contentsByGet, contentsOf, summaryOf } from '../crash/contents.ts';
import { isMutation, type MutationStep, mutationOf } from '../crash/mutation.ts';
import { summaryForReader } from '../crash/reader.ts';
import type { Step } from '../crash/workload.ts';
import type { Engine } from '../engines/engine-source.ts';
import { laterInto, NEVER } from '../store/later-into.ts';

const DIRECTORY = 'store';
/** The codes that a failed storage operation may be reported with. */
const DOCUMENTED: ReadonlySet<string> = new Set(['IO', 'POISONED']);
/** A background failure may be reported once before the call's own. */
const ATTEMPTS_MAX = 3;
/** Crash states for each change. */
const CRASHES_MAX = 3;

export interface FaultyRunOptions {
  readonly engine: Engine;
  readonly durability: Durability;
  readonly rule: FaultRule;
  /** Whether the fault is temporary, so that a retry must succeed. */
  readonly passes: boolean;
  /** Whether the disk drops what a failed sync should have made durable: entries that memory does not hold are misses from then on. */
  readonly drops?: boolean;
  /** Crashes are tried after this many changes; `undefined`: not at all. */
  readonly crashFrom: number | undefined;
}

/**
 * A store under test whose storage fails. Calls may throw the documented errors. In every case the store must hold the
 * accepted entries, leak nothing, and work again once the fault is gone.
 */
export class FaultyRun {
  readonly storage: FaultStorage;
  readonly history: AllowedStates = new AllowedStates();
  readonly #options: FaultyRunOptions;
  readonly #random = seededRandom(1);
  readonly #deferred: (() => void)[] = [];
  readonly #background: Promise<void>[] = [];
  #store: LogStore | undefined;
  #operation = 0;
  #openings = 0;
  #complaints: string[] = [];
  /** Whether the next opening must find everything accepted, or only what was promised. */
  #isWhole = true;
  /** Crashes before this many changes were already tried. */
  #crashed: number | undefined;
  /** Calls that threw. */
  failures = 0;
  /** Disks after a crash that were opened. */
  crashes = 0;

  constructor(options: FaultyRunOptions) {
    this.#options = options;
    this.#crashed = options.crashFrom;
    this.storage = new FaultStorage({ rule: options.rule, syncDelay: options.engine.nextTurn });
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.#open();
    for (const step of steps) {
      await this.#perform(step);
      this.#assertHolds(step);
    }
    await this.#settle();
    this.storage.rule = undefined;
    this.#endWell();
  }

  /** The store that is open. */
  get #opened(): LogStore {
    if (this.#store === undefined) throw new Error('no store is open');
    return this.#store;
  }

  async #perform(step: Step): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#attempt(step);
        if (step.kind === 'turn') await this.#options.engine.nextTurn();
        return;
      } catch (error) {
        const code = this.#codeOf(error, step);
        if (code === 'POISONED') return this.#replacePoisoned(step);
        if (!this.#options.passes) return;
        if (attempt === ATTEMPTS_MAX) throw new Error(`${step.kind} does not recover`, { cause: error });
      }
    }
  }

  #attempt(step: Step): void {
    if (isMutation(step)) {
      this.#mutate(step);
      return;
    }
    switch (step.kind) {
      case 'read':
        this.#compare(this.#opened, step);
        return;
      case 'reader': {
        const summary = summaryForReader(this.#options.engine, this.storage, DIRECTORY);
        if (this.history.wasState(this.#changes, summary)) return;
        throw new Error(`a reader sees ${summary}, which was never a state`);
      }
      case 'sync':
        this.#opened.sync();
        this.history.promise(this.#changes);
        return;
      case 'compact':
        this.#opened.compact();
        this.history.promise(this.#changes);
        return;
      case 'sync-async': {
        const state = this.history.newest;
        this.#inBackground(this.#opened.syncAsync(), step, () => this.history.promise(this.#changes, state));
        return;
      }
      case 'compact-async':
        this.#inBackground(this.#opened.compactAsync(), step, () => {});
        return;
      case 'turn':
        for (const task of this.#deferred.splice(0)) task();
        return;
      case 'reopen':
        this.#close(step);
        this.#open();
        return;
      case 'kill':
        this.storage.killProcess();
        this.#store = undefined;
        this.#isWhole = false;
        this.#open();
        return;
    }
  }

  /** A mutation that throws has changed nothing, except with `on-put`, where it may be in the store. */
  #mutate(step: MutationStep): void {
    const durable = this.#options.durability === 'on-put';
    const begun = this.#changes;
    const { act, change } = mutationOf(step, this.#operation + 1);
    const accept = (): void => {
      this.#operation += 1;
      this.history.accept(begun, change);
    };
    try {
      act(this.#opened);
    } catch (error) {
      if (durable && this.#unfaulted(() => summaryOf(contentsOf(this.#opened))) !== this.history.summary) accept();
      throw error;
    }
    accept();
    // A deletion that finds nothing writes nothing, so it says nothing about an earlier mutation that threw.
    if (durable && this.#changes > begun) this.history.promise(this.#changes);
  }

  /** Nothing more can be written: every write reports that, reads work, and reopening helps. */
  #replacePoisoned(step: Step): void {
    this.#isWhole = false;
    const found = this.#options.drops === true ? this.#heldAfterDrop(step) : undefined;
    if (found === undefined) this.#assertHolds(step);
    const newest = new Map(this.history.contents);
    for (const act of [() => this.#opened.writer.put(bytesOf('a'), bytesOf('b')), () => this.#opened.sync()]) {
      try {
        act();
      } catch (error) {
        if (this.#codeOf(error, step) === 'POISONED') continue;
      }
      throw new Error(`${step.kind}: a poisoned store accepts writes`);
    }
    this.#close(step);
    this.#open();
    if (found === undefined) return;
    // What is on the disk was not dropped.
    for (const [key, value] of this.history.contents) {
      if (newest.get(key) === value && found.get(key) !== value) {
        throw new Error(`after ${step.kind} ${JSON.stringify(key)}, which is durable, was a miss`);
      }
    }
  }

  #close(step: Step): void {
    const store = this.#opened;
    this.#store = undefined;
    this.#deferred.length = 0;
    try {
      store.close();
      if (this.#isWhole) this.history.promise(this.#changes);
    } catch (error) {
      this.#codeOf(error, step);
      this.#isWhole = false;
    }
    this.#assertNothingLeaks(`${step.kind}: close`);
  }

  #open(): void {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#store = this.#openOnce();
        return;
      } catch (error) {
        this.#codeOf(error, { kind: 'reopen' });
        if (attempt === ATTEMPTS_MAX) throw new Error('opening does not recover', { cause: error });
      }
      this.#assertNothingLeaks('a failed open');
      // A permanent fault is removed before the last attempt.
      if (attempt === ATTEMPTS_MAX - 1 && !this.#options.passes) this.storage.rule = undefined;
    }
  }

  #openOnce(): LogStore {
    const { engine, durability } = this.#options;
    this.#complaints = [];
    const complaints = this.#complaints;
    const store = engine.LogStore.open(
      DIRECTORY,
      {
        durability,
        pageCacheBytes: engine.pageCacheBytes,
        // The calls are numbered, so none may come at a time of its own.
        preloadIndex: false,
        onEvent: ({ type }) => {
          if (type === 'entry-damaged') complaints.push(type);
        },
      },
      {
        storage: this.storage,
        random: this.#random,
        defer: (task) => this.#deferred.push(task),
        later: laterInto(() => this.#deferred),
      },
    );
    this.#store = store;
    const { recovery } = store.stats();
    if (recovery.damaged.length > 0) throw new Error(`reports a fault as damage: ${JSON.stringify(recovery)}`);
    this.#openings += 1;
    // Every other store has read only a part of its index when the next step begins.
    const look = this.#openings % 2 === 0 ? contentsOf : contentsByGet;
    const contents = this.#unfaulted(() => look(store));
    const summary = summaryOf(contents);
    const isRight = this.#isWhole ? summary === this.history.summary : this.history.isAllowed(this.#changes, summary);
    if (!isRight) {
      const expected = this.#isWhole ? this.history.summary : this.history.allowed(this.#changes).join('\n');
      throw new Error(`opened as ${summary}\nexpected:\n${expected}`);
    }
    this.history.reopened(this.#changes, contents);
    this.#isWhole = true;
    return store;
  }

  #inBackground(done: Promise<void>, step: Step, succeed: () => void): void {
    const store = this.#store;
    const settled = done.then(
      () => {
        if (this.#store === store) succeed();
      },
      (error: unknown) => {
        // Closing a store that was poisoned this way makes nothing durable, and need not report it again.
        if (this.#store === store && this.#codeOf(error, step) === 'POISONED') this.#isWhole = false;
      },
    );
    this.#background.push(settled);
  }

  async #settle(): Promise<void> {
    while (this.#background.length > 0) await Promise.all(this.#background.splice(0));
  }

  /** Without faults: everything accepted is synced, closed, found again, and survives a crash. */
  #endWell(): void {
    const step: Step = { kind: 'sync' };
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#attempt(step);
        break;
      } catch (error) {
        if (this.#codeOf(error, step) === 'POISONED') this.#replacePoisoned(step);
        if (attempt === ATTEMPTS_MAX) throw error;
      }
    }
    this.#assertHolds(step);
    this.#crash();
    this.#attempt({ kind: 'reopen' });
    this.#close(step);
    if (this.storage.openFiles.length > 0) throw new Error(`open at the end: ${this.storage.openFiles.join()}`);
    const names = [...(this.storage.image().get(DIRECTORY)?.keys() ?? [])];
    if (names.length > 2) throw new Error(`left at the end: ${names.join()}`);
    this.#crash();
  }

  /** At every change since the last call: everything that is not durable is lost, or nothing, or some of it. */
  #crash(): void {
    if (this.#crashed === undefined) return;
    const { engine } = this.#options;
    const options = { pageCacheBytes: engine.pageCacheBytes };
    const { journal } = this.storage;
    const seen = new Set<number>();
    for (const state of crashStates(journal, { from: this.#crashed, combinationsMax: CRASHES_MAX, tearsMax: 0 })) {
      const digest = imageDigest(state.image);
      if (seen.has(digest)) continue;
      seen.add(digest);
      this.crashes += 1;
      const storage = new FaultStorage({ image: state.image });
      const environment = { storage, random: this.#random, defer: () => {}, later: NEVER };
      const store = engine.LogStore.open(DIRECTORY, options, environment);
      const found = summaryOf(contentsOf(store));
      if (this.history.isAllowed(state.changes, found)) continue;
      const allowed = this.history.allowed(state.changes).join('\n');
      throw new Error(`${state.describe()}\na crash leaves ${found}\nallowed:\n${allowed}`);
    }
    this.#crashed = journal.changes.length;
  }

  #assertHolds(step: Step): void {
    const store = this.#store;
    if (store !== undefined) this.#unfaulted(() => this.#compare(store, step));
    if (this.#complaints.length > 0) throw new Error(`${step.kind}: a fault is reported as ${this.#complaints.join()}`);
  }

  /** The entries after the disk has dropped bytes: none has another value than the newest one. */
  #heldAfterDrop(step: Step): Contents {
    const { contents } = this.history;
    const found = this.#unfaulted(() => contentsOf(this.#opened));
    for (const [key, value] of found) {
      if (contents.get(key) === value) continue;
      throw new Error(
        `after ${step.kind} ${JSON.stringify(key)} is ${value}, instead of ${contents.get(key)} or a miss`,
      );
    }
    this.#complaints.length = 0;
    return found;
  }

  #compare(store: LogStore, step: Step): void {
    const found = summaryOf(contentsOf(store));
    if (found === this.history.summary) return;
    throw new Error(`after ${step.kind} the store holds ${found}\ninstead of ${this.history.summary}`);
  }

  #assertNothingLeaks(when: string): void {
    const { openFiles } = this.storage;
    if (openFiles.length > 0) throw new Error(`${when} leaves open: ${openFiles.join()}`);
    if (this.storage.isLocked(DIRECTORY)) throw new Error(`${when} keeps the lock`);
  }

  #codeOf(error: unknown, step: Step): string {
    const { name, code } = error as Partial<StoreError>;
    if (name !== StoreError.name || code === undefined) throw error;
    if (!DOCUMENTED.has(code)) throw new Error(`${step.kind} throws ${code}`, { cause: error });
    this.failures += 1;
    return code;
  }

  #unfaulted<Result>(task: () => Result): Result {
    const { rule } = this.storage;
    this.storage.rule = undefined;
    try {
      return task();
    } finally {
      this.storage.rule = rule;
    }
  }

  get #changes(): number {
    return this.storage.journal.changes.length;
  }
}
