import type { LogCache } from '../../src/cache/log-cache.ts';

/** How the keys and values of a numbered sequence of operations are chosen. */
export interface Workload {
  readonly keys: number;
  readonly valueBytesMax: number;
  /** Operations before the first sync; later ones are `syncEvery` apart. */
  readonly firstSync: number;
  readonly syncEvery: number;
  /** Whether entries are also removed, one by one and by prefix. */
  readonly deletes: boolean;
}

export type WorkloadName = 'growing' | 'appending' | 'overwriting';

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  /** Every key is new; the first sync covers 10,000 of them. */
  growing: { keys: Number.MAX_SAFE_INTEGER, valueBytesMax: 100, firstSync: 10_000, syncEvery: 700, deletes: false },
  /** The same on a smaller scale: a kill costs less. */
  appending: { keys: Number.MAX_SAFE_INTEGER, valueBytesMax: 100, firstSync: 1500, syncEvery: 200, deletes: false },
  /** Few keys and large values, so that a compaction is almost always running. */
  overwriting: { keys: 400, valueBytesMax: 6000, firstSync: 100, syncEvery: 90, deletes: true },
};

export type Operation =
  | { readonly type: 'put'; readonly keys: readonly string[] }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'deletePrefix'; readonly prefix: string };

const batchEvery = 41;
const batchKeys = 12;
const deleteEvery = 23;
const deletePrefixEvery = 501;

/** The operation with this number. Its puts carry the number as their watermark. */
export function operationAt(workload: Workload, number: number): Operation {
  const { keys, deletes } = workload;
  if (deletes && number % deletePrefixEvery === deletePrefixEvery - 1) {
    return { type: 'deletePrefix', prefix: `order:${spread(number) % 10}` };
  }
  if (deletes && number % deleteEvery === deleteEvery - 1) return { type: 'delete', key: keyOf(spread(number) % keys) };
  const first = number * batchKeys;
  const count = number % batchEvery === batchEvery - 1 ? batchKeys : 1;
  const chosen = Array.from({ length: count }, (_, i) => keyOf(deletes ? spread(first + i) % keys : first + i));
  return { type: 'put', keys: chosen };
}

/**
 * The value that operation `number` puts under `key`: its length is in its first bytes, and it differs for each pair.
 */
export function valueFor(workload: Workload, number: number, key: string): Uint8Array {
  const length = 16 + (spread(number + key.length) % workload.valueBytesMax);
  const value = Buffer.alloc(length, number & 0xff);
  value.writeUInt32LE(number, 0);
  value.writeUInt32LE(length, 4);
  value.write(key.slice(-8), 8, 'latin1');
  return value;
}

/** Executes the operation with this number. */
export function perform(cache: LogCache, workload: Workload, number: number): void {
  const operation = operationAt(workload, number);
  const meta = { watermark: BigInt(number), cachedAtUs: 0n };
  if (operation.type === 'delete') {
    cache.delete(operation.key);
  } else if (operation.type === 'deletePrefix') {
    cache.deletePrefix(operation.prefix);
  } else if (operation.keys.length === 1) {
    for (const key of operation.keys) cache.put(key, valueFor(workload, number, key), meta);
  } else {
    cache.putMany(operation.keys.map((key) => [key, valueFor(workload, number, key), meta] as const));
  }
}

function keyOf(number: number): string {
  return `order:${number}:total`;
}

/** Spreads consecutive numbers, the same each time. */
function spread(number: number): number {
  const mixed = Math.imul(number ^ (number >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
