import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { builtScript } from '../scripts/built-script.ts';
import type { CrashCount } from './crash-sweep.ts';

/** A workload that was crashed everywhere without a violation. */
export interface Swept {
  readonly kind: 'swept';
  readonly seed: number;
  /** Whether it ran on the shipped engine, not on the small one. */
  readonly shipped: boolean;
  readonly count: CrashCount;
  /** The processor time that it took. */
  readonly cpuMs: number;
  /** The digests of all disks that were opened. */
  readonly digests: Float64Array;
}

/** A message of a worker. */
export type SweepAnswer =
  | { readonly kind: 'ready' }
  | Swept
  | { readonly kind: 'violation'; readonly seed: number; readonly message: string };

/** A workload after which a store did not hold what it had promised. */
export class Violation extends Error {
  readonly seed: number;

  constructor(seed: number, message: string) {
    super(message);
    this.seed = seed;
  }
}

export interface SweepPoolOptions {
  readonly workers: number;
  /** The first workload; the others follow it. */
  readonly seed: number;
  /** The known fault to build into the store, 0 for none. */
  readonly broken: number;
  /** Called for each swept workload; returns whether to start another one. */
  readonly onSwept: (swept: Swept) => boolean;
}

/**
 * Processes that sweep one workload after the other. Seeds are handed out in order and every started workload is
 * completed, so the same number of workloads is the same sweep, with any number of processes.
 */
export class SweepPool {
  readonly #options: SweepPoolOptions;
  #nextSeed: number;
  #goesOn = true;

  constructor(options: SweepPoolOptions) {
    this.#options = options;
    this.#nextSeed = options.seed;
  }

  /** Resolves when `onSwept` returns false. Throws the first `Violation`; no process is left behind. */
  async run(): Promise<void> {
    const { workers, broken } = this.#options;
    const script = await builtScript(new URL('./sweep-worker.ts', import.meta.url));
    const children = Array.from({ length: workers }, () =>
      fork(fileURLToPath(script), [String(broken)], { serialization: 'advanced' }),
    );
    try {
      await Promise.all(children.map((child) => this.#drive(child)));
    } finally {
      for (const child of children) child.kill();
    }
  }

  async #drive(child: ChildProcess): Promise<void> {
    await answerOf(child);
    while (this.#goesOn) {
      const seed = this.#nextSeed;
      this.#nextSeed += 1;
      child.send(seed);
      const answer = await answerOf(child);
      if (answer.kind === 'violation') throw new Violation(answer.seed, answer.message);
      if (answer.kind === 'swept' && !this.#options.onSwept(answer)) this.#goesOn = false;
    }
  }
}

/** The next message of a worker. Throws if the worker ends instead. */
async function answerOf(child: ChildProcess): Promise<SweepAnswer> {
  const settled = new AbortController();
  const { signal } = settled;
  const said = once(child, 'message', { signal }).then(([answer]) => answer as SweepAnswer);
  const ended = once(child, 'exit', { signal }).then(([code, by]): never => {
    throw new Error(`a worker ended with ${by ?? `code ${code}`}`);
  });
  try {
    return await Promise.race([said, ended]);
  } finally {
    settled.abort();
  }
}
