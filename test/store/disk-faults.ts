import { errnoError } from '../../src/storage/errno-error.ts';
import type { DiskOperation, Hook, TestDisk, Verb } from './test-disk.ts';

/** Which operations fail. Without a name it is those of every file. */
export interface FaultPlan {
  readonly verb: Verb;
  readonly name?: string;
  readonly errno: string;
  /** The first so many of them succeed. */
  readonly after?: number;
  /** Then so many fail; by default all. */
  readonly times?: number;
}

/** Makes operations of a disk fail until `mend` is called; several plans hold at once. */
export function breakDisk(disk: TestDisk, ...plans: readonly FaultPlan[]): { mend(): void; readonly failed: number } {
  const counts = plans.map(() => 0);
  let failed = 0;
  const hook: Hook = (operation) => {
    for (const [i, plan] of plans.entries()) {
      if (!concerns(plan, operation)) continue;
      const count = counts[i] ?? 0;
      counts[i] = count + 1;
      const after = plan.after ?? 0;
      if (count < after || count >= after + (plan.times ?? Number.POSITIVE_INFINITY)) continue;
      failed += 1;
      throw errnoError(plan.errno, 'as planned', operation.verb, operation.name);
    }
    return undefined;
  };
  disk.before = hook;
  return {
    mend: () => {
      disk.before = () => undefined;
    },
    get failed() {
      return failed;
    },
  };
}

/** A disk that takes `bytesMax` more bytes, the last of them in a short write. */
export function fillUp(disk: TestDisk, bytesMax: number, name?: string): { mend(): void } {
  let left = bytesMax;
  disk.before = (operation) => {
    if (operation.verb !== 'write' || (name !== undefined && operation.name !== name)) return undefined;
    if (left === 0) throw errnoError('ENOSPC', 'no space left on device', 'write', operation.name);
    const taken = Math.min(left, operation.length);
    left -= taken;
    return taken;
  };
  return {
    mend: () => {
      disk.before = () => undefined;
    },
  };
}

function concerns({ verb, name }: FaultPlan, operation: DiskOperation): boolean {
  return verb === operation.verb && (name === undefined || name === operation.name);
}
