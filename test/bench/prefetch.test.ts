import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatPrefetch, measurePrefetch } from '../../bench/prefetch.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';

test('the benchmark of prefetching prints its figures, and leaves nothing on the disk', async () => {
  const directory = temporaryDirectory();
  const table = formatPrefetch(await measurePrefetch(directory, { entries: 1000, gets: 32 }));
  expect(table).toMatch(/^get, not resident +[\d.]+ +[\d.]+/m);
  expect(table).toMatch(/^get, prefetched +[\d.]+ +[\d.]+/m);
  expect(readdirSync(directory)).toEqual([]);
});
