// Why this test: the index is written for speed, in one flat array without bounds checks. A random history compared
// with a plain map, with open cursors and every invariant checked, is what makes it trustworthy.
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { seededRandom } from '../src/testing/index.ts';
import { operations, reloads, unorderedOperations } from './key-index/index-operation.ts';
import { IndexWithModel } from './key-index/index-with-model.ts';
import { runs } from './runs.ts';

const histories = fc.array(operations, { maxLength: 120, size: 'max' });
const unorderedHistories = fc.array(unorderedOperations, { maxLength: 160, size: 'max' });

/** Towers as drawn, or higher ones, so that few keys make many levels. */
function towers(seed: number, raise: number): () => number {
  const random = seededRandom(seed);
  return () => random() >>> (random() % (raise + 1));
}

describe('KeyIndex', () => {
  test('agrees with a map, invariants checked after every operation', () => {
    fc.assert(
      fc.property(histories, fc.integer(), fc.constantFrom(0, 8), (history, seed, raise) => {
        const index = new IndexWithModel(towers(seed, raise));
        for (const operation of history) {
          index.apply(operation);
          index.verify();
        }
      }),
      { numRuns: runs(6) },
    );
  });

  // The check needs the order and so links the waiting nodes; here they wait as long as the history lets them.
  test('agrees with a map while new nodes wait to be linked', () => {
    fc.assert(
      fc.property(histories, fc.integer(), fc.constantFrom(0, 8), (history, seed, raise) => {
        const index = new IndexWithModel(towers(seed, raise));
        for (const operation of history) index.apply(operation);
        index.verify();
      }),
      { numRuns: runs(80) },
    );
  });

  // A group of the ordinary size is never full in a short history. Here one is being linked most of the time.
  test('agrees with a map while a group of new nodes is being linked', () => {
    const sizes = fc.record({ groupNodesMax: fc.integer({ min: 8, max: 20 }), linkedNodes: fc.constantFrom(2, 4) });
    fc.assert(
      fc.property(unorderedHistories, fc.integer(), fc.constantFrom(0, 8), sizes, (history, seed, raise, linking) => {
        const index = new IndexWithModel(towers(seed, raise), linking);
        for (const operation of history) index.apply(operation);
        index.verify();
      }),
      { numRuns: runs(120) },
    );
  });

  // Each history has its pieces arrive after some operations: the index may have been completed, changed or replaced by then.
  test('agrees with a map while the rest of its image arrives', async () => {
    const reloading = fc.array(
      fc.tuple(fc.oneof({ weight: 6, arbitrary: operations }, { weight: 1, arbitrary: reloads }), fc.boolean()),
      { maxLength: 80, size: 'max' },
    );
    await fc.assert(
      fc.asyncProperty(reloading, fc.integer(), async (history, seed) => {
        const index = new IndexWithModel(towers(seed, 0));
        for (const [operation, arrives] of history) {
          index.apply(operation);
          if (arrives) await index.arrive();
        }
        index.verify();
      }),
      { numRuns: runs(150) },
    );
  });
});
