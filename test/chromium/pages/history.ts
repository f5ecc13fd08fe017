import type { LogCache } from '../../../src/index.ts';
import { seededRandom } from '../../../src/testing/index.ts';

/*
 * An endless list of operations, the same for the same seed. Each but a deletion also puts its number under `LAST`, in the
 * same batch: so a store shows after which operation it stands.
 */

const LAST = 'last';
const KEYS = 300;
const DELETION_EVERY = 40;

type Operation =
  | { readonly kind: 'batch'; readonly puts: readonly (readonly [key: string, bytes: number])[] }
  | { readonly kind: 'delete-prefix'; readonly prefix: string };

/** Keys with the operation that wrote them, and how many bytes it wrote. */
export type Model = Map<string, { readonly operation: number; readonly bytes: number }>;

export function operationOf(seed: number, number: number): Operation {
  const random = seededRandom(seed * 1_000_003 + number);
  if (number % DELETION_EVERY === 0) return { kind: 'delete-prefix', prefix: `key:${random() % 30}` };
  const puts = Array.from({ length: 1 + (random() % 3) }, () => [`key:${random() % KEYS}`, random() % 3000] as const);
  return { kind: 'batch', puts: [...new Map(puts)] };
}

export function applyToModel(model: Model, operation: Operation, number: number): void {
  if (operation.kind === 'batch') {
    for (const [key, bytes] of operation.puts) model.set(key, { operation: number, bytes });
    model.set(LAST, { operation: number, bytes: 0 });
    return;
  }
  for (const key of [...model.keys()]) if (key.startsWith(operation.prefix)) model.delete(key);
}

export function applyToCache(cache: LogCache, operation: Operation, number: number): void {
  if (operation.kind === 'delete-prefix') {
    cache.deletePrefix(operation.prefix);
    return;
  }
  const meta = { watermark: BigInt(number), cachedAtUs: 0n };
  const puts = operation.puts.map(([key, bytes]) => [key, bytesFor(number, bytes), meta] as const);
  cache.putMany([...puts, [LAST, new Uint8Array(0), meta]]);
}

function bytesFor(number: number, bytes: number): Uint8Array {
  const value = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 1) value[at] = (number * 31 + at) & 0xff;
  return value;
}

/** The first difference between a cache and the model, `undefined` if there is none. */
export function difference(cache: LogCache, model: Model): string | undefined {
  if (cache.size !== model.size) return `${cache.size} entries instead of ${model.size}`;
  for (const [key, { operation, bytes }] of model) {
    const entry = cache.get(key);
    if (entry === undefined) return `${key} of operation ${operation} is missing`;
    if (entry.meta.watermark !== BigInt(operation))
      return `${key} is of operation ${entry.meta.watermark}, not ${operation}`;
    const expected = bytesFor(operation, bytes);
    if (entry.value.length !== bytes || entry.value.some((byte, at) => byte !== expected[at]))
      return `${key} has other bytes`;
  }
  return undefined;
}

/**
 * The operation after which the cache stands, which must be `synced` or a later one. Throws if it holds anything else.
 */
export function standsAfter(
  cache: LogCache,
  seed: number,
  synced: number,
): { readonly number: number; readonly model: Model } {
  const last = Number(cache.get(LAST)?.meta.watermark ?? 0n);
  const model: Model = new Map();
  for (let number = 1; number <= last; number += 1) applyToModel(model, operationOf(seed, number), number);
  let number = last;
  let found = difference(cache, model);
  // A deletion leaves no number.
  if (found !== undefined || number < synced) {
    number += 1;
    applyToModel(model, operationOf(seed, number), number);
    found = operationOf(seed, number).kind === 'batch' ? found : difference(cache, model);
  }
  if (found !== undefined) throw new Error(`after a crash behind operation ${last}: ${found}`);
  if (number < synced) throw new Error(`stands after operation ${number}, but ${synced} was synced`);
  return { number, model };
}
