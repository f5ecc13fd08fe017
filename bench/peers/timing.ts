import { performance } from 'node:perf_hooks';
import type { Awaitable } from './peer.ts';

/** Runs `step` for each index and records how many milliseconds each took. */
export function timeEach(durationsMs: Float64Array, step: (index: number) => void): void {
  for (let i = 0; i < durationsMs.length; i += 1) {
    const start = performance.now();
    step(i);
    durationsMs[i] = performance.now() - start;
  }
}

/** The same for asynchronous steps. */
export async function timeEachPromised(
  durationsMs: Float64Array,
  step: (index: number) => Promise<unknown>,
): Promise<void> {
  for (let i = 0; i < durationsMs.length; i += 1) {
    const start = performance.now();
    await step(i);
    durationsMs[i] = performance.now() - start;
  }
}

/** How many milliseconds `work` took. */
export async function timeWork(work: () => Awaitable<unknown>): Promise<number> {
  const start = performance.now();
  // Only promises are awaited: a turn of the microtask queue would be charged to synchronous stores.
  const result = work();
  if (result instanceof Promise) await result;
  return performance.now() - start;
}
