import type { TieredCache } from '../../src/tiered/tiered-cache.ts';
import { MemorySharedCache, type SharedContents } from './memory-shared-cache.ts';
import { ModelLocal } from './model-local.ts';
import type { Chronicle } from './recorded-contents.ts';

/** Calls that wait for the schedule. */
export class Gates {
  readonly #held: { readonly open: () => void; readonly fail: (error: Error) => void }[] = [];
  isOpen = false;

  get size(): number {
    return this.#held.length;
  }

  hold(): Promise<void> {
    if (this.isOpen) return Promise.resolve();
    return new Promise((open, fail) => this.#held.push({ open, fail }));
  }

  /** Lets one of the waiting calls continue, or lose its connection. */
  release(index: number, outcome: 'answer' | 'lost'): void {
    const [gate] = this.#held.splice(index % Math.max(1, this.#held.length), 1);
    if (outcome === 'answer') gate?.open();
    else gate?.fail(new Error('the connection is lost'));
  }
}

/** A put or a deletion of this machine, and when the shared cache executed it. */
export interface Change {
  executedAt?: number;
}

/** The connection of a machine to the shared contents, which notes when its changes are executed. */
class RecordedShared extends MemorySharedCache {
  /** The change whose call is being made. */
  change: Change | undefined;
  readonly #chronicle: Chronicle;

  constructor(contents: SharedContents, chronicle: Chronicle) {
    super(contents);
    this.#chronicle = chronicle;
  }

  protected override call<Result>(name: string, act: () => Result): Promise<Result> {
    const { change } = this;
    return super.call(name, () => {
      const result = act();
      if (change !== undefined) change.executedAt = this.#chronicle.at;
      return result;
    });
  }
}

/** A machine of a fleet: its local cache outlives its processes. */
export class FleetMachine {
  readonly gates: Gates;
  readonly shared: RecordedShared;
  local: ModelLocal = new ModelLocal();
  readonly failures: unknown[] = [];
  cache: TieredCache;
  /** What the process knows: the entries of these keys that ended up to then must not be read again. */
  floors: { readonly isOf: (key: string) => boolean; readonly at: number }[] = [];
  readonly #make: typeof TieredCache;
  readonly #chronicle: Chronicle;

  constructor(make: typeof TieredCache, contents: SharedContents, chronicle: Chronicle, gates: Gates) {
    this.#make = make;
    this.#chronicle = chronicle;
    this.gates = gates;
    this.shared = new RecordedShared(contents, chronicle);
    this.shared.before = () => gates.hold();
    this.shared.after = () => gates.hold();
    this.cache = this.#started();
  }

  /** The process ends at once, and another one starts, without the newest `lost` changes of the local cache. */
  restart(lost: number): void {
    this.local = this.local.afterCrash(lost);
    this.floors = [];
    this.cache = this.#started();
  }

  #started(): TieredCache {
    const nowMs = (): number => this.#chronicle.ms;
    const onFailure = (error: unknown): void => void this.failures.push(error);
    const { local, shared } = this;
    return new this.#make({ local, shared, uncheckedMaxMs: 1_000, retryAfterMs: 300, nowMs, onFailure });
  }
}
