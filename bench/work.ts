import { performance } from 'node:perf_hooks';

/** Something to measure: `step` is called with 0, 1, 2, ... `steps - 1`. */
export interface Work {
  readonly name: string;
  readonly steps: number;
  /** Operations that a step stands for; default 1. */
  readonly operationsPerStep?: number;
  step(index: number): void;
  /** Ends the work within the measured time, as with a sync; then checks outside of it what was done. */
  finish?(): void;
  check?(): void;
}

/** What a work took, in milliseconds: by the clock, and of all processors together, which other processes do not change. */
export interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Does the work in one go. The clock is read twice. */
export function timeWhole(work: Work): Cost {
  const watch = new Watch();
  watch.start();
  for (let i = 0; i < work.steps; i += 1) work.step(i);
  work.finish?.();
  watch.stop();
  work.check?.();
  return watch;
}

/** Does the work and returns how many microseconds each step took, one reading of the clock included. */
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

/** Does two works of as many steps in turns, `stepsPerTurn` each, so that both meet the same moods of the machine. */
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

/** Adds up what passes between `start` and `stop`. */
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
