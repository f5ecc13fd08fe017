import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LogCache } from '../../../src/index.ts';

/**
 * Empties the cache in a directory. Foreign files in it are kept, as the cache is cleared and the directory is not
 * removed.
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

/** The total size of the files in a directory, in bytes. */
export function diskBytesOf(directory: string): number {
  return readdirSync(directory).reduce((bytes, name) => bytes + statSync(join(directory, name)).size, 0);
}
