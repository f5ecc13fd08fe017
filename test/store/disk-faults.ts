import { errnoError } from '../../src/storage/errno-error.ts';
import { type DiskVerb, type Fault, faultAt, type SyncLoss } from '../../src/testing/index.ts';
import type { TestDisk } from './test-disk.ts';

/** The operations that a reader must not ask for. */
export const WRITING: ReadonlySet<DiskVerb> = new Set([
  'create',
  'remove',
  'write',
  'truncate',
  'sync',
  'sync-directory',
  'lock',
]);

/** Which operations fail. Without a name, those of every file. */
export interface FaultPlan {
  readonly verb: DiskVerb;
  readonly name?: string;
  readonly errno: string;
  /** The first so many operations succeed. */
  readonly after?: number;
  /** Then so many operations fail; default: all. */
  readonly times?: number;
  /** What happens to the data of a failed sync; default: a later sync can make it durable. */
  readonly loss?: SyncLoss;
}

/** Makes operations of a disk fail until `mend` is called; several plans are active at once. */
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

/** Makes a disk accept only `bytesMax` more bytes, the last of them in a short write. */
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
