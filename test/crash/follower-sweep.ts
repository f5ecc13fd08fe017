import { type DiskVerb, FaultStorage } from '../../src/testing/index.ts';
import type { Engine } from '../engines/engine-source.ts';
import type { AllowedStates } from './allowed-states.ts';
import { Follower } from './follower.ts';
import { DIRECTORY, StoreRun } from './store-run.ts';
import type { Workload } from './workload.ts';

/** Operations that change what a reader finds. It looks before each of them. */
const CHANGING: ReadonlySet<DiskVerb> = new Set(['create', 'remove', 'write', 'truncate', 'sync', 'sync-directory']);

/**
 * Runs a workload with followers beside its writer: one looks before each change that the writer makes to the disk, others
 * at every few, so that they miss whole compactions. Each look must show a state of the writer: with everything that a sync
 * has covered by then, and none older than at the look before.
 */
export class FollowerSweep {
  readonly #engine: Engine;
  looks = 0;
  replacements = 0;
  extensions = 0;
  scans = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async run(workload: Workload): Promise<void> {
    const storage = new FaultStorage();
    storage.openDirectory(DIRECTORY, { create: true });
    let run: StoreRun | undefined;
    const history = (): AllowedStates | undefined => run?.history;
    const followers = [
      { every: 1, follower: new Follower(this.#engine, storage, history) },
      { every: 3, follower: new Follower(this.#engine, storage, history, 'get') },
      { every: 7, follower: new Follower(this.#engine, storage, history) },
      { every: 40, follower: new Follower(this.#engine, storage, history, 'get') },
    ];
    let changes = 0;
    let looking = false;
    const look = (): void => {
      if (looking) return;
      looking = true;
      for (const { every, follower } of followers) if (changes % every === 0) follower.look();
      looking = false;
    };
    storage.rule = ({ verb }) => {
      if (looking || !CHANGING.has(verb)) return undefined;
      changes += 1;
      look();
      return undefined;
    };
    const { seed, durability } = workload;
    run = new StoreRun({ engine: this.#engine, storage, seed, durability });
    for (const step of workload.steps) {
      await run.perform(step);
      changes += 1;
      look();
    }
    await run.settle();
    run.performNow({ kind: 'sync' });
    changes = 0;
    look();
    for (const { follower } of followers) {
      this.looks += follower.refreshes;
      this.replacements += follower.replacements;
      this.extensions += follower.extensions;
      this.scans += follower.scans;
      follower.close();
    }
    run.store.close();
  }
}
