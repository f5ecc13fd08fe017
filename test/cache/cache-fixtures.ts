import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** A meta with this watermark. */
export function metaAt(watermark: number): CacheMeta {
  return { watermark: BigInt(watermark), cachedAtUs: 1_700_000_000_000_000n + BigInt(watermark) };
}

export const someMeta: CacheMeta = metaAt(507);

/** A cache in memory that is closed with the test. */
export function openInMemory(options: LogCacheOptions = {}): LogCache {
  return openFor('cache', { storage: new MemoryStorage(), ...options });
}

/** A cache that is closed at the end of the test, unless the test has closed it. */
export function openFor(directory: string, options: LogCacheOptions = {}): LogCache {
  const cache = LogCache.open(directory, options);
  onTestFinished(() => {
    // A cache that a test has poisoned throws once more when it is closed; the test has checked that already.
    try {
      cache.close();
    } catch {}
  });
  return cache;
}

/** A new directory for a test, removed at its end. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The keys of a cache as texts, in order. */
export function keyTexts(cache: LogCache): string[] {
  return [...cache.keys()].map(textOf);
}

/** The value under a key as text, `undefined` on a miss. */
export function valueText(cache: LogCache, key: string): string | undefined {
  const entry = cache.get(key);
  return entry === undefined ? undefined : textOf(entry.value);
}
