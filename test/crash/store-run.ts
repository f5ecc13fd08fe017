import type { LogStore } from '../../src/store/log-store.ts';
import type { Durability } from '../../src/store/log-store-options.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { type FaultStorage, seededRandom } from '../../src/testing/index.ts';
import type { Engine } from '../engines/engine-source.ts';
import { laterInto } from '../store/later-into.ts';
import { AllowedStates } from './allowed-states.ts';
import { contentsByGet, contentsOf, summaryOf } from './contents.ts';
import { type MutationStep, mutationOf } from './mutation.ts';
import { summaryForReader } from './reader.ts';
import type { Step } from './workload.ts';

export const DIRECTORY = 'store';

/** Events that a store must never report after crashes alone. */
const SIGNS_OF_DAMAGE: ReadonlySet<StoreEvent['type']> = new Set([
  'entry-damaged',
  'poisoned',
  'background-write-failed',
]);

export interface RunOptions {
  readonly engine: Engine;
  readonly storage: FaultStorage;
  readonly seed: number;
  readonly durability?: Durability;
  /** The possible contents of the disk at the start; default: empty. */
  readonly starts?: readonly string[];
  /** The first number for bodies, so that no two runs write equal bodies. */
  readonly firstOperation?: number;
}

/** A store under test: runs steps on it, compares it with the expected contents, and records its history. */
export class StoreRun {
  readonly history: AllowedStates;
  readonly #options: RunOptions;
  readonly #random: () => number;
  #deferred: (() => void)[] = [];
  #store: LogStore;
  #operation: number;
  #opened = 0;
  readonly #complaints: string[] = [];
  /** Promises of calls that are not awaited. */
  #background: Promise<unknown>[] = [];

  /** Opens the store; its contents must be one of the starts. */
  constructor(options: RunOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#operation = options.firstOperation ?? 1;
    this.history = new AllowedStates(options.starts);
    this.#store = this.#open();
  }

  get store(): LogStore {
    return this.#store;
  }

  /** Runs a step and the rest of the current turn of the event loop. */
  async perform(step: Step): Promise<void> {
    this.performNow(step);
    if (step.kind === 'turn') await this.#options.engine.nextTurn();
    this.assertSound(step);
  }

  /** Compares the store with the expected contents; `step` is the last step. */
  assertSound(step: Step): void {
    if (this.#complaints.length > 0) throw new Error(`crashes must not lead to ${JSON.stringify(this.#complaints)}`);
    const found = summaryOf(contentsOf(this.#store));
    if (found === this.history.summary) return;
    throw new Error(`after ${JSON.stringify(step)} the store holds ${found}\ninstead of ${this.history.summary}`);
  }

  /** Waits for everything that was started. */
  async settle(): Promise<void> {
    while (this.#background.length > 0) {
      const background = this.#background;
      this.#background = [];
      await Promise.all(background);
    }
  }

  /** Like `perform`, but without yielding: background work does not proceed. */
  performNow(step: Step): void {
    const { history } = this;
    switch (step.kind) {
      case 'sync':
        this.#store.sync();
        history.promise(this.#changes);
        return;
      case 'sync-async':
        this.#syncAsync();
        return;
      case 'compact':
        this.#store.compact();
        history.promise(this.#changes);
        return;
      case 'compact-async':
        // A compaction that `close` abandons reports it; every other error is a fault.
        this.#inBackground(this.#store.compactAsync(), ['CLOSED']);
        return;
      case 'reopen':
        this.#store.close();
        history.promise(this.#changes);
        this.#store = this.#open();
        return;
      case 'kill':
        this.#options.storage.killProcess();
        this.#store = this.#open();
        return;
      case 'read':
        this.assertSound(step);
        return;
      case 'reader': {
        const { engine, storage } = this.#options;
        const summary = summaryForReader(engine, storage, DIRECTORY);
        if (this.history.wasState(this.#changes, summary)) return;
        throw new Error(`a reader sees ${summary}, which was never a state`);
      }
      case 'turn':
        this.#writeDeferred();
        return;
      default:
        this.#mutate(step);
        if (this.#options.durability === 'on-put') history.promise(this.#changes);
    }
  }

  #mutate(step: MutationStep): void {
    const begun = this.#changes;
    const { act, change } = mutationOf(step, this.#operation);
    this.#operation += 1;
    this.history.expect(change);
    act(this.#store);
    this.history.accept(begun, change);
  }

  #syncAsync(): void {
    const { history } = this;
    const state = history.newest;
    const store = this.#store;
    const done = store.syncAsync().then(() => {
      if (this.#store === store) history.promise(this.#changes, state);
    });
    this.#inBackground(done, ['CLOSED']);
  }

  #inBackground(done: Promise<void>, allowed: readonly string[]): void {
    const store = this.#store;
    this.#background.push(
      done.catch((error: unknown) => {
        const isOld = this.#store !== store;
        if (isOld || allowed.includes((error as { code?: string }).code ?? '')) return;
        throw error;
      }),
    );
  }

  #writeDeferred(): void {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const task of deferred) task();
  }

  #open(): LogStore {
    const { engine, storage, durability = 'on-sync' } = this.#options;
    this.#deferred = [];
    this.#opened += 1;
    const opened = this.#opened;
    const onEvent = ({ type }: StoreEvent): void => {
      // Reports of a killed process do not count.
      if (opened === this.#opened && SIGNS_OF_DAMAGE.has(type)) this.#complaints.push(type);
    };
    const store = engine.LogStore.open(
      DIRECTORY,
      { durability, pageCacheBytes: engine.pageCacheBytes, onEvent },
      {
        storage,
        random: this.#random,
        defer: (task) => this.#deferred.push(task),
        later: laterInto(() => this.#deferred),
      },
    );
    const { recovery } = store.stats();
    if (recovery.damaged.length > 0) throw new Error(`reported a crash as damage: ${JSON.stringify(recovery)}`);
    // Every other store has read only a part of its index when the next step begins.
    const contents = opened % 2 === 0 ? contentsOf(store) : contentsByGet(store);
    const summary = summaryOf(contents);
    if (!this.history.isAllowed(this.#changes, summary)) {
      throw new Error(`opened as ${summary}\nallowed:\n${this.history.allowed(this.#changes).join('\n')}`);
    }
    this.history.reopened(this.#changes, contents);
    return store;
  }

  get #changes(): number {
    return this.#options.storage.journal.changes.length;
  }
}
