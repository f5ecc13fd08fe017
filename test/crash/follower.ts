import type { LogStore } from '../../src/store/log-store.ts';
import { durableImage, FaultStorage } from '../../src/testing/index.ts';
import type { Engine } from '../engines/engine-source.ts';
import type { AllowedStates } from './allowed-states.ts';
import { contentsOf, entriesByGet, summaryOf } from './contents.ts';
import { DIRECTORY } from './store-run.ts';

/** A read-only store in another process, which follows the writer and is compared with what the writer has accepted. */
export class Follower {
  readonly #store: LogStore;
  readonly #engine: Engine;
  readonly #storage: FaultStorage;
  readonly #history: () => AllowedStates | undefined;
  readonly #changes: () => number;
  readonly #looksBy: 'get' | 'scan';
  readonly #complaints: string[] = [];
  /** The earliest state that it may still see. */
  #state = 0;
  #scan: Iterator<Uint8Array> | undefined;
  #lastKey: string | undefined;
  refreshes = 0;
  replacements = 0;
  extensions = 0;
  scans = 0;

  /**
   * `history` is `undefined` before the writer has opened the store for the first time. `looksBy` says how it reads: by `get`
   * alone, of an index that stays in its image, or by scans as well, which read all of the index.
   */
  constructor(
    engine: Engine,
    storage: FaultStorage,
    history: () => AllowedStates | undefined,
    looksBy: 'get' | 'scan' = 'scan',
  ) {
    this.#looksBy = looksBy;
    this.#engine = engine;
    this.#storage = storage;
    this.#history = history;
    this.#changes = () => storage.journal.changes.length;
    this.#store = engine.LogStore.open(
      DIRECTORY,
      {
        readOnly: true,
        pageCacheBytes: engine.pageCacheBytes,
        onEvent: (event) => {
          if (event.type === 'opened') return;
          if (event.type !== 'refreshed') this.#complaints.push(event.type);
          else if (event.replaced) this.replacements += 1;
          else this.extensions += 1;
        },
      },
      { storage: storage.otherProcess(), random: () => 1 },
    );
  }

  /** Refreshes, and compares everything that it sees. Throws if it sees something that it must not. */
  look(): void {
    const before = this.#summary();
    const changed = this.#store.refresh();
    this.refreshes += 1;
    const summary = this.#summary();
    if (!changed && summary !== before)
      throw new Error(`changed from ${before} to ${summary} and refresh returned false`);
    if (this.#complaints.length > 0) throw new Error(`a follower reported ${this.#complaints.join()}`);
    const history = this.#history();
    if (history === undefined) return;
    const state = history.stateFrom(this.#state, this.#changes(), summary);
    if (state === undefined) {
      throw new Error(`a follower sees ${summary}\nallowed:\n${history.allowed(this.#changes()).join('\n')}`);
    }
    if (state > this.#state) this.#assertDurable(history, state);
    this.#state = state;
    if (this.#looksBy === 'scan') this.#stepScan();
  }

  close(): void {
    this.#store.close();
  }

  /** What a reader has seen, a crash must not take back, even if nothing else survives it. */
  #assertDurable(history: AllowedStates, state: number): void {
    const storage = new FaultStorage({ image: durableImage(this.#storage.journal) });
    const { pageCacheBytes } = this.#engine;
    const store = this.#engine.LogStore.open(DIRECTORY, { pageCacheBytes }, { storage, random: () => 1 });
    const summary = summaryOf(contentsOf(store));
    if (history.stateFrom(state, this.#changes(), summary) !== undefined) return;
    throw new Error(`a follower has seen state ${state}, and after a crash the store holds ${summary}`);
  }

  /** Its contents. A read that finds the log replaced refreshes the store, so that a scan sees two states: it is repeated. */
  #summary(): string {
    for (;;) {
      const refreshed = this.extensions + this.replacements;
      let failure: unknown;
      try {
        const summary = summaryOf(this.#looksBy === 'get' ? entriesByGet(this.#store) : contentsOf(this.#store));
        if (this.extensions + this.replacements === refreshed) return summary;
      } catch (error) {
        failure = error;
      }
      if (failure !== undefined && this.extensions + this.replacements === refreshed) throw failure;
    }
  }

  /** One step of a scan that lasts over many refreshes: its keys ascend, whatever happens meanwhile. */
  #stepScan(): void {
    this.#scan ??= this.#beginScan();
    const { done, value } = this.#scan.next();
    if (done === true) {
      this.#scan = undefined;
      this.scans += 1;
      return;
    }
    const key = Buffer.from(value).toString('latin1');
    if (this.#lastKey !== undefined && key <= this.#lastKey) {
      throw new Error(`a scan returned ${key} after ${this.#lastKey}`);
    }
    this.#lastKey = key;
  }

  #beginScan(): Iterator<Uint8Array> {
    this.#lastKey = undefined;
    const interval = { lower: new Uint8Array(0), upper: undefined };
    return this.#store.reader.keys({ interval, reverse: false, limit: Number.POSITIVE_INFINITY });
  }
}
