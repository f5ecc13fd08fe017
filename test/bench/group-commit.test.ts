import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatGroupCommits, measureGroupCommits } from '../../bench/group-commit.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';

test('the benchmark of group commits shows that callers share syncs, and leaves nothing on the disk', async () => {
  const directory = temporaryDirectory();
  const figures = await measureGroupCommits(directory, { puts: 64, rounds: 1 });
  const ways = ['bare append and fdatasync', 'put and sync, each durable', 'put and await syncAsync, 1 at a time'];
  expect(figures.map(({ work }) => work).slice(0, 3)).toEqual(ways);
  expect(figures.slice(0, 3).map(({ putsPerSync }) => putsPerSync)).toEqual([1, 1, 1]);
  // A sync that no caller waited for starts with its first caller alone.
  expect(figures[3]?.putsPerSync).toBeGreaterThan(6);
  expect(figures[4]?.putsPerSync).toBeGreaterThanOrEqual(32);
  expect(formatGroupCommits(figures)).not.toMatch(/NaN|undefined|Infinity/);
  expect(readdirSync(directory)).toEqual([]);
});
