import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LogCache } from '../../../src/index.ts';

/**
 * Leaves an empty cache in a directory, whatever cache was in it before. Files of others in there are not touched:
 * the cache is told to forget, instead of the directory being removed.
 */
export function emptyCache(directory: string): void {
  const cache = LogCache.open(directory);
  try {
    if (cache.size > 0) {
      cache.deletePrefix('');
      cache.compact();
    }
  } finally {
    cache.close();
  }
}

/** Bytes of all files in a directory. */
export function diskBytesOf(directory: string): number {
  return readdirSync(directory).reduce((bytes, name) => bytes + statSync(join(directory, name)).size, 0);
}
