import type { Durability } from '../../src/store/log-store-options.ts';
import { type DiskOperation, type DiskVerb, type Fault, type FaultRule, faultAt } from '../../src/testing/index.ts';
import type { Step } from '../crash/workload.ts';
import type { Engine } from '../engines/engine-source.ts';
import { FAULTS_BY_VERB } from './faults-by-verb.ts';
import { FaultyRun } from './faulty-run.ts';

export interface ErrorSweepOptions {
  readonly engine: Engine;
  readonly durability: Durability;
  readonly steps: readonly Step[];
  /** Only calls of these verbs fail; default: all. */
  readonly verbs?: readonly DiskVerb[];
  /** Only calls on this file fail; default: all. */
  readonly file?: string;
  /** In one run of so many the crashes after the fault are tried as well; default: in each. */
  readonly crashEvery?: number;
  /** One call in so many fails; default: each. */
  readonly callEvery?: number;
}

/** Counts of what an error sweep has tried. */
export interface ErrorCount {
  /** Storage calls that were made to fail. */
  calls: number;
  /** One for each call, each way it may fail, once and permanently. */
  runs: number;
  /** Calls of the store that threw. */
  failures: number;
  /** Disks after a crash that were opened. */
  crashes: number;
}

/**
 * Runs the steps repeatedly, and in each run fails one storage call in one way: once, or from then on together with
 * every other call of the same kind on the same file. Throws at the first violation.
 */
export async function sweepErrors(options: ErrorSweepOptions): Promise<ErrorCount> {
  const { engine, durability, steps, crashEvery = 1, callEvery = 1 } = options;
  const count: ErrorCount = { calls: 0, runs: 0, failures: 0, crashes: 0 };
  const clean = new FaultyRun({ engine, durability, rule: () => undefined, passes: true, crashFrom: 0 });
  await clean.run(steps);
  for (const operation of clean.storage.operations) {
    if (!isMeant(operation, options) || operation.number % callEvery !== 0) continue;
    count.calls += 1;
    for (const fault of FAULTS_BY_VERB[operation.verb]) {
      for (const passes of [true, false]) {
        const crashFrom = count.runs % crashEvery === 0 ? operation.changes : undefined;
        const rule = ruleFor(operation, fault, passes);
        const drops = 'loss' in fault && fault.loss === 'dropped';
        const run = new FaultyRun({ engine, durability, rule, passes, drops, crashFrom });
        const name = `${describe(operation)}, ${JSON.stringify(fault)} ${passes ? 'once' : 'permanently'}`;
        await runNamed(name, run, steps, isHarmless(fault, passes));
        count.runs += 1;
        count.failures += run.failures;
        count.crashes += run.crashes;
      }
    }
  }
  return count;
}

function isMeant({ verb, name }: DiskOperation, { verbs, file }: ErrorSweepOptions): boolean {
  return (verbs === undefined || verbs.includes(verb)) && (file === undefined || file === name);
}

/** Faults that no caller may notice: a short transfer, or a few interruptions. */
function isHarmless(fault: Fault, passes: boolean): boolean {
  if ('short' in fault) return passes || fault.short > 0;
  return passes && (fault.fail === 'EINTR' || fault.fail === 'EAGAIN');
}

async function runNamed(name: string, run: FaultyRun, steps: readonly Step[], isHarmless: boolean): Promise<void> {
  try {
    await run.run(steps);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
  if (isHarmless && run.failures > 0) throw new Error(`${name}: a call throws because of it`);
}

function ruleFor({ number, verb, name }: DiskOperation, fault: Fault, passes: boolean): FaultRule {
  if (passes) return (call) => (call.number === number ? fault : undefined);
  const forEver = faultAt({ verb, name, times: Number.POSITIVE_INFINITY }, fault);
  return (call) => (call.number >= number ? forEver(call) : undefined);
}

function describe({ number, verb, name }: DiskOperation): string {
  return `call ${number}, ${verb} of ${name === '' ? 'the directory' : name}`;
}
