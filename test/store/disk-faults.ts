import { errnoError } from '../../src/storage/errno-error.ts';
import { type DiskVerb, type Fault, faultAt, type SyncLoss } from '../../src/testing/index.ts';
import type { TestDisk } from './test-disk.ts';

/** Which calls fail. Without a name it is those of every file. */
export interface FaultPlan {
  readonly verb: DiskVerb;
  readonly name?: string;
  readonly errno: string;
  /** The first so many of them succeed. */
  readonly after?: number;
  /** Then so many fail; by default all. */
  readonly times?: number;
  /** What becomes of the data of a sync; by default a later sync may make it durable. */
  readonly loss?: SyncLoss;
}

/** Makes calls of a disk fail until `mend` is called; several plans hold at once. */
export function breakDisk(disk: TestDisk, ...plans: readonly FaultPlan[]): { mend(): void; readonly failed: number } {
  const rules = plans.map(({ errno, loss, after = 0, times = Number.POSITIVE_INFINITY, ...place }) => {
    const fault: Fault = loss === undefined ? { fail: errno } : { fail: errno, loss };
    return faultAt({ ...place, nth: after, times }, fault);
  });
  let failed = 0;
  disk.before = (call) => {
    for (const rule of rules) {
      const fault = rule(call);
      if (fault === undefined) continue;
      failed += 1;
      return fault;
    }
    return undefined;
  };
  return {
    mend: () => mend(disk),
    get failed() {
      return failed;
    },
  };
}

/** A disk that takes `bytesMax` more bytes, the last of them in a short write. */
export function fillUp(disk: TestDisk, bytesMax: number, name?: string): { mend(): void } {
  let left = bytesMax;
  disk.before = (call) => {
    if (call.verb !== 'write' || (name !== undefined && call.name !== name)) return undefined;
    if (left === 0) throw errnoError('ENOSPC', 'no space left on device', 'write', call.name);
    const taken = Math.min(left, call.length);
    left -= taken;
    return taken;
  };
  return { mend: () => mend(disk) };
}

function mend(disk: TestDisk): void {
  disk.before = () => undefined;
}
