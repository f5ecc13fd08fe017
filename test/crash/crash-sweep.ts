import {
  type CrashState,
  crashStates,
  type DiskImage,
  type DiskJournal,
  durableImage,
  FaultStorage,
  imageDigest,
} from '../../src/testing/index.ts';
import type { Engine } from '../engines/engine-source.ts';
import { NEVER } from '../store/later-into.ts';
import type { AllowedStates } from './allowed-states.ts';
import { contentsOf, summaryOf } from './contents.ts';
import { summaryForReader } from './reader.ts';
import { DIRECTORY, StoreRun } from './store-run.ts';
import { type Step, type Workload, workloadOf } from './workload.ts';

export interface CrashSweepOptions {
  readonly engine: Engine;
  /** As in `CrashStatesOptions`, for crashes of the workload. */
  readonly combinationsMax: number;
  readonly tearsMax: number;
  /** One state in so many of a workload has its recovery crashed as well, and so on for the states of that. */
  readonly recoveryEvery: number;
  /** The most recoveries of a workload that are crashed. */
  readonly recoveriesMax: number;
}

/** Counts of what a sweep has tried. */
export interface CrashCount {
  workloads: number;
  /** Places in the journals of workloads and recoveries at which crashes were tried. */
  points: number;
  /** Crash states, repeated ones included. */
  states: number;
  /** Recoveries whose own crashes were tried. */
  recoveriesCrashed: number;
  /** Compactions that the workloads completed. */
  compactions: number;
}

/** How deep crashes within recoveries are followed: a crash, one in its recovery, one in the recovery of that. */
const DEPTH_MAX = 3;
/** How many combinations are tried at each point of a recovery. */
const RECOVERY_COMBINATIONS_MAX = 24;
const RECOVERY_TEARS_MAX = 12;
/** Crashes in the recovery of a recovery are followed for one state in so many. */
const DEEPER_EVERY = 200;
const STEPS_AFTER_MAX = 6;
/** One state in so many is also opened by a reader. */
const READER_EVERY = 4;

/**
 * Crashes stores everywhere. It runs workloads, generates the states that a crash at each point may leave, opens each
 * and checks that it holds an allowed state; then it continues writing, syncs, opens again and checks again.
 */
export class CrashSweep {
  readonly #options: CrashSweepOptions;
  /** The digests of all disks that were opened. */
  readonly #census = new Set<number>();
  readonly count: CrashCount = { workloads: 0, points: 0, states: 0, recoveriesCrashed: 0, compactions: 0 };
  /** The contents that each disk of this workload was opened with. */
  #found = new Map<number, string>();
  #recoveriesLeft = 0;

  constructor(options: CrashSweepOptions) {
    this.#options = options;
  }

  /** How many different crash states were opened. */
  get distinct(): number {
    return this.#census.size;
  }

  get digests(): ReadonlySet<number> {
    return this.#census;
  }

  /** Runs a workload and crashes it. Throws at the first violation, with everything needed to reproduce it. */
  async run(workload: Workload): Promise<void> {
    try {
      const { journal, history } = await this.#record(workload);
      this.#found = new Map();
      this.#recoveriesLeft = this.#options.recoveriesMax;
      this.#crash(journal, history, workload.seed, 1);
    } catch (error) {
      throw new Error(`workload ${JSON.stringify(workload)}\n${(error as Error).message}`, { cause: error });
    }
    this.count.workloads += 1;
  }

  async #record(workload: Workload): Promise<{ journal: DiskJournal; history: AllowedStates }> {
    // An asynchronous sync ends in the turn after it was started, so that more is written while it runs.
    const storage = new FaultStorage({ syncDelay: this.#options.engine.nextTurn });
    const { engine } = this.#options;
    const { durability, seed } = workload;
    const run = new StoreRun({ engine, storage, seed, durability });
    for (const step of workload.steps) await run.perform(step);
    await run.settle();
    run.assertSound({ kind: 'turn' });
    this.count.compactions += run.store.stats().counters.compactions;
    return { journal: storage.journal, history: run.history };
  }

  #crash(journal: DiskJournal, history: AllowedStates, seed: number, depth: number): void {
    const { combinationsMax, tearsMax, recoveryEvery } = this.#options;
    const limits =
      depth === 1
        ? { combinationsMax, tearsMax }
        : { combinationsMax: RECOVERY_COMBINATIONS_MAX, tearsMax: RECOVERY_TEARS_MAX };
    const deeperEvery = depth === 1 ? recoveryEvery : DEEPER_EVERY;
    this.count.points += journal.changes.length + 1;
    for (const state of crashStates(journal, { ...limits, seed })) {
      this.count.states += 1;
      try {
        this.#check(state, history, depth < DEPTH_MAX ? deeperEvery : 0, depth);
      } catch (error) {
        throw new Error(`${state.describe()}\n${(error as Error).message}`, { cause: error });
      }
    }
  }

  #check({ image, changes }: CrashState, history: AllowedStates, deeperEvery: number, depth: number): void {
    const digest = imageDigest(image);
    const known = this.#found.get(digest);
    if (known !== undefined) {
      if (history.isAllowed(changes, known)) return;
      throw new Error(`opened as ${known}\nallowed:\n${history.allowed(changes).join('\n')}`);
    }
    const storage = new FaultStorage({ image });
    const { engine } = this.#options;
    const run = new StoreRun({
      engine,
      storage,
      seed: digest,
      starts: history.allowed(changes),
      // Bodies of another depth are different bodies.
      firstOperation: depth * 1000,
    });
    this.#found.set(digest, run.history.summary);
    // The states before the last promised one are known only for workloads.
    if (depth === 1 && digest % READER_EVERY === 0) this.#read(image, changes, history);
    this.#census.add(digest);
    goOn(run, digest);
    this.#reopen(durableImage(storage.journal), run.history, storage.journal);
    this.#reopen(storage.image(), run.history, storage.journal);
    if (deeperEvery > 0 && digest % deeperEvery === 0 && this.#recoveriesLeft > 0) {
      this.#recoveriesLeft -= 1;
      this.count.recoveriesCrashed += 1;
      this.#crash(storage.journal, run.history, digest, depth + 1);
    }
  }

  #read(image: DiskImage, changes: number, history: AllowedStates): void {
    const storage = new FaultStorage({ image });
    if (!image.has(DIRECTORY)) return;
    const summary = summaryForReader(this.#options.engine, storage, DIRECTORY);
    if (storage.journal.changes.length > 0) throw new Error('a reader changed the files');
    if (history.wasState(changes, summary)) return;
    throw new Error(`a reader sees ${summary}, which was never a state`);
  }

  #reopen(image: DiskImage, history: AllowedStates, { changes }: DiskJournal): void {
    const { engine } = this.#options;
    const store = engine.LogStore.open(
      DIRECTORY,
      { pageCacheBytes: engine.pageCacheBytes },
      { storage: new FaultStorage({ image }), random: () => 1, defer: () => {}, later: NEVER },
    );
    const summary = summaryOf(contentsOf(store));
    if (history.isAllowed(changes.length, summary)) return;
    throw new Error(
      `after more steps, opened again as ${summary}\nallowed:\n${history.allowed(changes.length).join('\n')}`,
    );
  }
}

/** A few more steps on a recovered store; a sync is among them. */
function goOn(run: StoreRun, seed: number): void {
  let last: Step = { kind: 'turn' };
  for (const step of [...stepsAfter(seed), { kind: 'sync' } as const, ...stepsAfter(seed + 1)]) {
    run.performNow(step);
    last = step;
  }
  run.performNow({ kind: 'turn' });
  run.assertSound(last);
}

const afterSteps = new Map<number, readonly Step[]>();
const AFTER_VARIANTS = 64;
const UNFIT: ReadonlySet<Step['kind']> = new Set(['sync-async', 'compact-async', 'reopen', 'kill', 'turn', 'reader']);

/** Steps that end at once; a few different lists, as generating them costs more than running them. */
function stepsAfter(seed: number): readonly Step[] {
  const variant = seed % AFTER_VARIANTS;
  const known = afterSteps.get(variant);
  if (known !== undefined) return known;
  const { steps } = workloadOf(variant + 1, STEPS_AFTER_MAX);
  const fit = steps.filter(({ kind }) => !UNFIT.has(kind)).slice(0, 3);
  afterSteps.set(variant, fit);
  return fit;
}
