import { expect, test } from 'vitest';
import { PageMisses } from '../../src/log/page-misses.ts';

test('a page that is missed more than others comes to count, one that was loaded starts anew', () => {
  const misses = new PageMisses();
  const counts = Array.from({ length: 40 }, () => misses.add(3));
  expect(counts.slice(0, 15)).toEqual(new Array(15).fill(0));
  expect(counts.slice(15)).toEqual(Array.from({ length: 25 }, (_, i) => 16 + i));
  misses.forget(3);
  expect(misses.add(3)).toBe(0);
});

test('where all pages are missed alike none comes to count', () => {
  const misses = new PageMisses();
  for (let round = 0; round < 100; round += 1) {
    for (let page = 0; page < 200; page += 1) expect(misses.add(page)).toBe(0);
  }
});

test('counts stop at what a byte holds', () => {
  const misses = new PageMisses();
  misses.add(1000);
  const counts = Array.from({ length: 600 }, () => misses.add(7));
  expect(Math.max(...counts)).toBe(255);
});
