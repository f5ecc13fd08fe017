import { performance } from 'node:perf_hooks';

/** A work to measure: `step` is called with 0, 1, 2, ... `steps - 1`. */
export interface Work {
  readonly name: string;
  readonly steps: number;
  /** The operations in one step; default 1. */
  readonly operationsPerStep?: number;
  step(index: number): void;
  /** Ends the work within the measured time, for example with a sync; then checks its result outside of it. */
  finish?(): void;
  check?(): void;
}

/**
 * The cost of a work in milliseconds: elapsed time, and the time of all processors, which other processes do not
 * change.
 */
export interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Runs the work in one go. The clock is read twice. */
export function timeWhole(work: Work): Cost {
  const watch = new Watch();
  watch.start();
  for (let i = 0; i < work.steps; i += 1) work.step(i);
  work.finish?.();
  watch.stop();
  work.check?.();
  return watch;
}

/** Runs the work and returns the microseconds of each step, including one reading of the clock. */
export function timeSteps(work: Work): Float64Array {
  const durations = new Float64Array(work.steps);
  for (let i = 0; i < work.steps; i += 1) {
    const start = performance.now();
    work.step(i);
    durations[i] = (performance.now() - start) * 1000;
  }
  work.finish?.();
  work.check?.();
  return durations;
}

/** Runs two works of equally many steps in turns of `stepsPerTurn`, so that both share the noise of the machine. */
export function timeInTurns(works: readonly [Work, Work], stepsPerTurn: number): [Cost, Cost] {
  const watches: [Watch, Watch] = [new Watch(), new Watch()];
  for (let from = 0; from < works[0].steps; from += stepsPerTurn) {
    for (const turn of [0, 1] as const) {
      const work = works[turn];
      const until = Math.min(work.steps, from + stepsPerTurn);
      watches[turn].start();
      for (let i = from; i < until; i += 1) work.step(i);
      watches[turn].stop();
    }
  }
  for (const work of works) work.check?.();
  return watches;
}

/** Adds up the time between `start` and `stop`. */
class Watch implements Cost {
  ms = 0;
  cpuMs = 0;
  #startedMs = 0;
  #startedCpu: NodeJS.CpuUsage | undefined;

  start(): void {
    this.#startedCpu = process.cpuUsage();
    this.#startedMs = performance.now();
  }

  stop(): void {
    this.ms += performance.now() - this.#startedMs;
    const { user, system } = process.cpuUsage(this.#startedCpu);
    this.cpuMs += (user + system) / 1000;
  }
}

/** Nanoseconds that one reading of the clock takes. */
export function clockCostNs(): number {
  const readings = 1_000_000;
  const start = performance.now();
  for (let i = 1; i < readings; i += 1) performance.now();
  return ((performance.now() - start) * 1e6) / readings;
}
