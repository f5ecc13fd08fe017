/*
 * A sample of the crash sweep: `npm run test:crash` tries a million states. Each workload is crashed at every change it
 * makes to its disk. What docs/testing.md says about the sweep holds here too, with fewer workloads.
 */
import { describe, expect, test } from 'vitest';
import { SHIPPED_ENGINE, smallEngine } from '../engines/small-engine.ts';
import { CrashSweep } from './crash-sweep.ts';
import { type Step, workloadOf } from './workload.ts';

const put = (key: string, length: number): Step => ({ kind: 'put', key, length });
const turn: Step = { kind: 'turn' };

describe('a small engine', () => {
  const limits = { combinationsMax: 16, tearsMax: 24, recoveryEvery: 60, recoveriesMax: 4 };

  test.each([1, 2, 3])('holds what it promised after a crash anywhere in workload %i', async (seed) => {
    const sweep = new CrashSweep({ engine: await smallEngine(), ...limits });
    await sweep.run(workloadOf(seed, 20));
    expect(sweep.distinct).toBeGreaterThan(100);
  });

  test('holds it after a crash in the middle of a compaction with concurrent writes', async () => {
    const sweep = new CrashSweep({ engine: await smallEngine(), ...limits });
    const rounds = [1, 2, 3].flatMap((): Step[] => [put('a', 100), put('ab', 100), put('b', 100), put('k\xff', 24)]);
    const meanwhile: Step[] = [
      { kind: 'compact-async' },
      put('a', 100),
      turn,
      { kind: 'delete-prefix', prefix: 'a' },
      turn,
      { kind: 'batch', puts: ['b', 'ba'].map((key) => ({ key, length: 24 })) },
      { kind: 'sync-async' },
      put('ab', 24),
      { kind: 'delete', key: 'k\xff' },
      turn,
      { kind: 'reader' },
      put('a', 24),
      turn,
      turn,
      turn,
      put('b', 24),
    ];
    const steps = [...rounds, { kind: 'sync' } as const, ...meanwhile];
    await sweep.run({ seed: 1, durability: 'on-sync', steps });
    expect(sweep.count.recoveriesCrashed).toBe(limits.recoveriesMax);
  });
});

describe('the shipped engine', () => {
  test('holds what it promised after a crash anywhere in a workload', async () => {
    const limits = { combinationsMax: 8, tearsMax: 8, recoveryEvery: 60, recoveriesMax: 1 };
    const sweep = new CrashSweep({ engine: SHIPPED_ENGINE, ...limits });
    await sweep.run(workloadOf(3, 20));
    expect(sweep.distinct).toBeGreaterThan(100);
  });

  test('holds it when large compactions start automatically', async () => {
    const limits = { combinationsMax: 2, tearsMax: 0, recoveryEvery: 1, recoveriesMax: 0 };
    const sweep = new CrashSweep({ engine: SHIPPED_ENGINE, ...limits });
    const keys = ['a', 'b', 'ab'];
    const rounds = Array.from({ length: 16 }, (_, i) =>
      put(keys[i % keys.length] as string, 100_000 + (i % 3) * 40_000),
    );
    const steps: Step[] = [...rounds, { kind: 'sync' }, put('a', 24), put('b', 100_000), turn];
    await sweep.run({ seed: 1, durability: 'on-sync', steps });
    expect(sweep.count.compactions).toBeGreaterThan(0);
  });
});
