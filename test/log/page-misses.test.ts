import { expect, test } from 'vitest';
import { PageMisses } from '../../src/log/page-misses.ts';
import { seededRandom } from '../../src/testing/index.ts';

test('a page that is missed more than others is counted, and starts again after a load', () => {
  const misses = new PageMisses();
  const counts = Array.from({ length: 40 }, () => misses.add(3));
  expect(counts.slice(0, 23)).toEqual(new Array(23).fill(0));
  expect(counts.slice(23)).toEqual(Array.from({ length: 17 }, (_, i) => 24 + i));
  misses.forget(3);
  expect(misses.add(3)).toBe(0);
});

test('if all pages are missed equally, none is counted', () => {
  const misses = new PageMisses();
  const counts = Array.from({ length: 100 * 200 }, (_, miss) => misses.add(miss % 200));
  expect(counts.filter((count) => count !== 0)).toEqual([]);
});

// Loading a page costs as much as dozens of reads: for random gets of a store much larger than its cache it must be
// rare.
test('if pages are missed at random, hardly any is counted', () => {
  const misses = new PageMisses();
  const random = seededRandom(1);
  let counted = 0;
  for (let i = 0; i < 200_000; i += 1) {
    const page = random() % 900;
    if (misses.add(page) === 0) continue;
    counted += 1;
    misses.forget(page);
  }
  expect(counted).toBeLessThan(200_000 / 1000);
});

test('counts stop at the maximum of a byte', () => {
  const misses = new PageMisses();
  misses.add(1000);
  const counts = Array.from({ length: 600 }, () => misses.add(7));
  expect(Math.max(...counts)).toBe(255);
});

test('counts are kept when a page with a higher number is missed', () => {
  const misses = new PageMisses();
  for (let miss = 0; miss < 20; miss += 1) misses.add(3);
  misses.add(1000);
  expect([1, 2, 3, 4].map(() => misses.add(3))).toEqual([0, 0, 0, 24]);
});
