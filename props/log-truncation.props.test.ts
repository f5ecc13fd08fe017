/*
 * A log truncated at every byte. With any length the store opens and holds a state that it once had, with everything
 * that was synced below the cut, batches completely or not at all; and it can be written to, closed and reopened. If an
 * image covers more than is left, the truncation is damage: then no value may be older than before.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut } from '../test/store/log-records.ts';
import { bytes, contentsOf, equal, openStore } from '../test/store/store-history.ts';
import type { TestDisk } from '../test/store/test-disk.ts';
import { SmallStore, type Step, steps } from './log-store/small-store.ts';
import { runs } from './runs.ts';

/** Opens the log, reads it, writes more and reopens after a crash. */
function contentsAndSequel(disk: TestDisk): Map<string, string> {
  const store = openStore(disk);
  const contents = contentsOf(store);
  store.writer.put(bytes('a'), bytes('written after'));
  store.writer.delete(bytes('b'));
  store.sync();
  const sequel = contentsOf(openStore(disk.afterCrash(() => 'none')));
  const expected = new Map(contents);
  expected.set('a', 'written after');
  expected.delete('b');
  if (!equal(sequel, expected)) {
    expect.fail(`after ${JSON.stringify([...contents])} more writes led to ${JSON.stringify([...sequel])}`);
  }
  return contents;
}

const ends: readonly Step[] = [{ do: 'sync' }, { do: 'put', key: 'a', length: 3 }, { do: 'putMany', keys: ['a', 'b'] }];

test('a log truncated anywhere comes back in a state that it had', () => {
  fc.assert(
    fc.property(steps, (workload) => {
      const small = new SmallStore([...workload, ...ends]);
      const { history, logName } = small;
      small.store.verify();
      const length = small.disk.bytes(logName).length;
      for (let left = 0; left <= length; left += 1) {
        const disk = small.disk.afterKill();
        if (disk.names.includes(logName.replace('log', 'index'))) disk.take(logName.replace('log', 'index'));
        cut(disk, logName, left);
        const contents = contentsAndSequel(disk);
        const promised = small.promisedBy(left);
        const states = history.states.slice(promised ?? 0);
        const isState = states.some((state) => equal(state, contents));
        // A generation without COMPLETE promises nothing and is not used.
        if (!isState && !(promised === undefined && contents.size === 0)) {
          expect.fail(`${left} of ${length} bytes gave ${JSON.stringify([...contents])}`);
        }
      }
    }),
    { numRuns: runs(6) },
  );
});

test('a log truncated below what its image covers restores no older value', () => {
  fc.assert(
    fc.property(steps, (workload) => {
      const small = new SmallStore([...workload, ...ends]);
      const { disk, history, logName } = small;
      small.store.close();
      history.sync();
      const length = disk.bytes(logName).length;
      for (let left = 0; left <= length; left += 1) {
        const damaged = disk.afterKill();
        cut(damaged, logName, left);
        expect({ left, lies: history.lies(contentsAndSequel(damaged)) }).toEqual({ left, lies: [] });
      }
    }),
    { numRuns: runs(4) },
  );
});
