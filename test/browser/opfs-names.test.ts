/*
 * Why this test: the engine empties a file before it removes it, so a crash sweep of the engine forgives a storage that mixes
 * up its files. Here the storage alone is crashed: every name must have its own contents or none of another file, and names
 * must change in order, whichever writes of the table reached the disk.
 */
import { expect, test } from 'vitest';
import { crashStates } from '../../src/testing/index.ts';
import { FakeOrigin } from './fake-origin.ts';
import { NamesRun } from './names-run.ts';

const LIMITS = { combinationsMax: 40, tearsMax: 3 };

test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
  'names keep their files after a crash anywhere in run %i, and after a crash of what follows',
  async (seed) => {
    const origin = new FakeOrigin();
    const run = await NamesRun.open(origin, seed);
    await run.steps(16);
    let count = 0;
    let deeper = 0;
    for (const { image, changes, describe } of crashStates(origin.files.journal, { ...LIMITS, seed })) {
      count += 1;
      try {
        const after = new FakeOrigin(image);
        const next = await NamesRun.open(after, seed + count, run, changes);
        if (count % 40 === 0) {
          await next.steps(3);
          for (const state of crashStates(after.files.journal, { ...LIMITS, seed })) {
            deeper += 1;
            (await NamesRun.open(new FakeOrigin(state.image), seed, next, state.changes)).close();
          }
        }
        next.close();
      } catch (error) {
        throw new Error(`seed ${seed}\n${describe()}\n${(error as Error).message}`, { cause: error });
      }
    }
    expect(count).toBeGreaterThan(100);
    expect(deeper).toBeGreaterThan(100);
  },
);
