/*
 * If one of the workers of a warm-up ended it (its streams failed, its signal was aborted), the others continued in
 * the background, long after the promise was rejected, and the streams were never closed.
 */
import { expect, test } from 'vitest';
import { GatedSetup, settle } from '../projection/gated-setup.ts';
import { totals } from '../projection/totals.ts';

test('a warm-up that has ended does nothing more', async () => {
  const setup = new GatedSetup();
  let asked = 0;
  let closed = 0;
  function* streams(): Generator<string> {
    try {
      for (asked = 0; asked < 1000; asked += 1) {
        setup.append(`s${asked}`, 1);
        yield `s${asked}`;
      }
    } finally {
      closed += 1;
    }
  }
  const failure = new Error('terminal gone');
  const controller = new AbortController();
  const onProgress = ({ done }: { done: number }): void => {
    if (done === 10) controller.abort(failure);
  };
  const options = { concurrency: 4, onProgress, signal: controller.signal };
  await expect(setup.projector().warm(streams(), totals, options)).rejects.toBe(failure);
  const { put } = setup.cache.calls;
  expect([put < 20, closed]).toEqual([true, 1]);
  await settle();
  await settle();
  expect([setup.cache.calls.put, asked < 30]).toEqual([put, true]);
});
