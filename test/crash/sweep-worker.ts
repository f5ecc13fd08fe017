/*
 * Sweeps the workloads of the seeds it receives, one after the other, and reports the result of each: a child of
 * `SweepPool`. Its argument is the number of a known fault to build into the store, 0 for none.
 */
import { BROKEN_FOR_CRASHES } from '../engines/broken-for-crashes.ts';
import type { Engine } from '../engines/engine-source.ts';
import { SHIPPED_ENGINE, smallEngineWith } from '../engines/small-engine.ts';
import { CrashSweep, type CrashSweepOptions } from './crash-sweep.ts';
import type { SweepAnswer } from './sweep-pool.ts';
import { workloadOf } from './workload.ts';

type Limits = Omit<CrashSweepOptions, 'engine'>;

/** One workload in so many runs on the shipped engine, whose states take several times as long to open. */
const SHIPPED_EVERY = 8;
const SHIPPED: Limits = { combinationsMax: 24, tearsMax: 48, recoveryEvery: 50, recoveriesMax: 4 };
/** One in so many has every write torn at every byte, and more of everything else. */
const FINE_EVERY = 4;
const FINE: Limits = { combinationsMax: 128, tearsMax: 1024, recoveryEvery: 100, recoveriesMax: 30 };
/** The others run faster, so that there are more of them. */
const COARSE: Limits = { combinationsMax: 48, tearsMax: 128, recoveryEvery: 40, recoveriesMax: 15 };

async function sweep(small: Engine, seed: number, mayBeShipped: boolean): Promise<SweepAnswer> {
  const shipped = mayBeShipped && seed % SHIPPED_EVERY === 0;
  const limits = seed % FINE_EVERY === 3 ? FINE : COARSE;
  const crashes = new CrashSweep(shipped ? { engine: SHIPPED_ENGINE, ...SHIPPED } : { engine: small, ...limits });
  const before = process.cpuUsage();
  try {
    await crashes.run(workloadOf(seed));
    const { user, system } = process.cpuUsage(before);
    const digests = Float64Array.from(crashes.digests);
    return { kind: 'swept', seed, shipped, count: crashes.count, cpuMs: (user + system) / 1000, digests };
  } catch (error) {
    return { kind: 'violation', seed, message: (error as Error).message };
  }
}

async function main(broken: number): Promise<void> {
  const small = await smallEngineWith(BROKEN_FOR_CRASHES[broken - 1]?.edits ?? []);
  process.on('message', (seed: number) => {
    void sweep(small, seed, broken === 0).then((answer) => process.send?.(answer));
  });
  process.send?.({ kind: 'ready' } satisfies SweepAnswer);
}

await main(Number(process.argv[2]));
