import type { OpfsStorage } from '../../src/browser/opfs-storage.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import { durableImage, seededRandom } from '../../src/testing/index.ts';
import { AllowedStates } from '../crash/allowed-states.ts';
import { contentsOf, summaryOf } from '../crash/contents.ts';
import { isMutation, type MutationStep, mutationOf } from '../crash/mutation.ts';
import type { Step } from '../crash/workload.ts';
import type { Engine } from '../engines/engine-source.ts';
import { laterInto } from '../store/later-into.ts';
import { FakeOrigin, type FakeWorker, settle } from './fake-origin.ts';

const NAME = 'projections';
const DIRECTORY = 'store';

export interface OpfsRunOptions {
  readonly engine: Engine;
  readonly seed: number;
  readonly origin: FakeOrigin;
  /** The possible contents at the start; default: empty. */
  readonly starts?: readonly string[];
  /** The first number for bodies, so that no two runs write equal bodies. */
  readonly firstOperation?: number;
}

/** A store on `OpfsStorage` under test: runs steps of workloads, and records which states a crash may leave. */
export class OpfsRun {
  readonly history: AllowedStates;
  readonly #options: OpfsRunOptions;
  readonly #random: () => number;
  #worker: FakeWorker;
  #storage: OpfsStorage | undefined;
  #store: LogStore | undefined;
  #deferred: (() => void)[] = [];
  #operation: number;

  private constructor(options: OpfsRunOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#operation = options.firstOperation ?? 1;
    this.#worker = options.origin.worker();
    this.history = new AllowedStates(options.starts);
  }

  /** Opens the store; its contents must be one of the starts. */
  static async open(options: OpfsRunOptions): Promise<OpfsRun> {
    const run = new OpfsRun(options);
    await run.#open();
    return run;
  }

  /** Runs a step. What has no meaning here, such as a second reader, ends a turn of the event loop. */
  async perform(step: Step): Promise<void> {
    if (isMutation(step)) this.#mutate(step);
    else if (step.kind === 'sync') this.#promised(() => this.#opened.sync());
    else if (step.kind === 'compact') this.#promised(() => this.#opened.compact());
    else if (step.kind === 'reopen') await this.#reopen();
    else if (step.kind === 'kill') await this.#kill();
    else await this.#turn();
    const found = summaryOf(contentsOf(this.#opened));
    if (found !== this.history.summary) throw new Error(`holds ${found}\ninstead of ${this.history.summary}`);
  }

  close(): void {
    this.#opened.close();
    this.#storage?.close();
  }

  get #opened(): LogStore {
    if (this.#store === undefined) throw new Error('the store is not open');
    return this.#store;
  }

  get #changes(): number {
    return this.#options.origin.files.journal.changes.length;
  }

  #promised(task: () => void): void {
    task();
    this.history.promise(this.#changes);
  }

  #mutate(step: MutationStep): void {
    const begun = this.#changes;
    const { act, change } = mutationOf(step, this.#operation);
    this.#operation += 1;
    this.history.expect(change);
    act(this.#opened);
    this.history.accept(begun, change);
  }

  async #turn(): Promise<void> {
    for (const task of this.#deferred.splice(0)) task();
    await settle();
  }

  async #reopen(): Promise<void> {
    this.#promised(() => this.#opened.close());
    this.#storage?.close();
    await this.#open();
  }

  async #kill(): Promise<void> {
    this.#worker.kill();
    this.#worker = this.#options.origin.worker();
    await this.#open();
  }

  async #open(): Promise<void> {
    const { engine } = this.#options;
    this.#deferred = [];
    this.#storage = await this.#worker.open(NAME);
    this.#store = engine.LogStore.open(
      DIRECTORY,
      { pageCacheBytes: engine.pageCacheBytes },
      {
        storage: this.#storage,
        random: this.#random,
        defer: (task) => this.#deferred.push(task),
        later: laterInto(() => this.#deferred),
      },
    );
    const { damaged } = this.#store.stats().recovery;
    if (damaged.length > 0) throw new Error(`reported a crash as damage: ${JSON.stringify(damaged)}`);
    const contents = contentsOf(this.#store);
    const summary = summaryOf(contents);
    if (!this.history.isAllowed(this.#changes, summary)) {
      throw new Error(`opened as ${summary}\nallowed:\n${this.history.allowed(this.#changes).join('\n')}`);
    }
    this.history.reopened(this.#changes, contents);
  }
}

/** Opens what a crash left, writes more, loses everything that is not durable, and opens that: each time an allowed state. */
export async function checkCrash(options: OpfsRunOptions, steps: readonly Step[]): Promise<void> {
  const run = await OpfsRun.open(options);
  for (const step of [...steps, { kind: 'sync' } as const]) await run.perform(step);
  const { journal } = options.origin.files;
  const starts = run.history.allowed(journal.changes.length);
  const again = await OpfsRun.open({ ...options, origin: new FakeOrigin(durableImage(journal)), starts });
  again.close();
}
