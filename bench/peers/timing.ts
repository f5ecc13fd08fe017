import { performance } from 'node:perf_hooks';
import type { Awaitable } from './peer.ts';

/** Does `step` for each index and writes how many milliseconds each took. */
export function timeEach(durationsMs: Float64Array, step: (index: number) => void): void {
  for (let i = 0; i < durationsMs.length; i += 1) {
    const start = performance.now();
    step(i);
    durationsMs[i] = performance.now() - start;
  }
}

/** The same with steps that promise. */
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
  // A promise is awaited only where there is one: a turn of the queue would be charged to those that need none.
  const result = work();
  if (result instanceof Promise) await result;
  return performance.now() - start;
}
