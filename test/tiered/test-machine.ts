import { expect } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { TieredCache } from '../../src/tiered/tiered-cache.ts';
import type { TieredCacheOptions } from '../../src/tiered/tiered-options.ts';
import { MemorySharedCache, SharedContents } from './memory-shared-cache.ts';

export const key: Uint8Array = utf8('order:507');
export const meta: CacheMeta = { watermark: 507n, cachedAtUs: 1_700_000_000_000_000n };
export const later: CacheMeta = { watermark: 508n, cachedAtUs: meta.cachedAtUs + 1n };

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A machine: its local cache, its connection to the contents, and its clock. */
export interface TestMachine {
  readonly cache: TieredCache;
  readonly shared: MemorySharedCache;
  readonly local: ProjectionCache;
  readonly clock: { ms: number };
  readonly failures: unknown[];
  readonly contents: SharedContents;
}

export function machine(
  contents: SharedContents = new SharedContents(),
  options: Partial<TieredCacheOptions> = {},
): TestMachine {
  const shared = new MemorySharedCache(contents);
  const local = options.local ?? LogCache.open('cache', { storage: new MemoryStorage() });
  const clock = { ms: 0 };
  const failures: unknown[] = [];
  const onFailure = (error: unknown): void => void failures.push(error);
  const cache = new TieredCache({ local, shared, nowMs: () => clock.ms, onFailure, ...options });
  return { cache, shared, local, clock, failures, contents };
}

/** A machine that has read the key and knows all deletions. */
export async function warmMachine(
  contents: SharedContents,
  options: Partial<TieredCacheOptions> = {},
): Promise<TestMachine> {
  const one = machine(contents, options);
  await one.cache.checkDeletions();
  expect((await one.cache.get(key))?.value).toEqual(utf8('state'));
  return one;
}

export async function contentsWithState(): Promise<SharedContents> {
  const contents = new SharedContents();
  await new MemorySharedCache(contents).put(key, utf8('state'), meta);
  return contents;
}

/** A promise that a test resolves. */
export function openable(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, resolve: () => open() };
}

export async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
