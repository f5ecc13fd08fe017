/*
 * One run of damaged bytes anywhere in the log or the image of any small store. Whatever is lost, no older value comes
 * back, a store that was opened once has the same contents from then on, and damage to a body loses only that entry.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordKind } from '../src/log/record-format.ts';
import { expectHonest } from '../test/corruption/honest-store.ts';
import { flip, recordsOf } from '../test/store/log-records.ts';
import { contentsOf, openStore } from '../test/store/store-history.ts';
import type { TestDisk } from '../test/store/test-disk.ts';
import { SmallStore, type Step, steps } from './log-store/small-store.ts';
import { runs } from './runs.ts';

interface Damage {
  /** The start of the damage and its length, in thousandths of the file. */
  readonly from: number;
  readonly bytes: Uint8Array;
  readonly cutsThere: boolean;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  from: fc.nat({ max: 999 }),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 80 }),
    fc.integer({ min: 1, max: 200 }).map((length) => new Uint8Array(length)),
  ),
  cutsThere: fc.integer({ min: 0, max: 5 }).map((draw) => draw === 0),
});

const SYNC: Step = { do: 'sync' };

function damaged(disk: TestDisk, name: string, { from, bytes, cutsThere }: Damage): { at: number; end: number } {
  const contents = disk.bytes(name);
  const at = Math.floor((contents.length * from) / 1000);
  contents.set(bytes.subarray(0, contents.length - at), at);
  disk.place(name, cutsThere ? contents.slice(0, at) : contents);
  return { at, end: cutsThere ? contents.length : at + bytes.length };
}

test('a damaged run of a log restores no older value', () => {
  fc.assert(
    fc.property(steps, damage, fc.boolean(), (workload, harm, isClosed) => {
      const { disk, history, store, logName } = new SmallStore([...workload, SYNC]);
      if (isClosed) store.close();
      const lastMark = recordsOf(disk, logName).findLast(({ kind }) => kind === RecordKind.mark)?.offset ?? 0;
      const victim = disk.afterKill();
      const { end } = damaged(victim, logName, harm);
      expectHonest(victim, history, JSON.stringify(harm), end > lastMark && !isClosed);
    }),
    { numRuns: runs(300) },
  );
});

test('a damaged run of an image loses nothing', () => {
  fc.assert(
    fc.property(steps, damage, (workload, harm) => {
      const { disk, history, store, logName } = new SmallStore([...workload, SYNC]);
      store.close();
      const victim = disk.afterKill();
      damaged(victim, logName.replace('log', 'index'), harm);
      expect(expectHonest(victim, history, JSON.stringify(harm))).toEqual(history.current);
    }),
    { numRuns: runs(60) },
  );
});

test('a damaged body loses only its own entry', () => {
  fc.assert(
    fc.property(steps, fc.nat(), fc.boolean(), (workload, choice, isClosed) => {
      const { disk, history, store, logName } = new SmallStore([...workload, { do: 'put', key: 'a', length: 3 }, SYNC]);
      if (isClosed) store.close();
      const puts = recordsOf(disk, logName).filter(
        ({ kind, bodyOffset, end }) => kind === RecordKind.put && end > bodyOffset,
      );
      const hit = puts[choice % puts.length];
      if (hit === undefined) return;
      const isLive = puts.findLast(({ key }) => key === hit.key) === hit && history.current.has(hit.key);
      const victim = disk.afterKill();
      flip(victim, logName, hit.bodyOffset);
      const expected = new Map(history.current);
      if (isLive) expected.delete(hit.key);
      expect(contentsOf(openStore(victim.afterKill()))).toEqual(expected);
      expectHonest(victim, history, `body of ${hit.key}`);
    }),
    { numRuns: runs(120) },
  );
});
