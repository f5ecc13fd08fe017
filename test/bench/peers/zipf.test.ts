import { describe, expect, test } from 'vitest';
import { Zipf } from '../../../bench/peers/zipf.ts';
import { randomFrom } from '../../../bench/workload.ts';

describe('Zipf', () => {
  test('gives each rank its share by the law', () => {
    const zipf = new Zipf(3, 1);
    const sum = 1 + 1 / 2 + 1 / 3;
    const ends = [1 / sum, 1.5 / sum, 1];
    for (const [rank, end] of ends.entries()) {
      expect(zipf.rankOf((ends[rank - 1] ?? 0) + 1e-9)).toBe(rank);
      expect(zipf.rankOf(end - 1e-9)).toBe(rank);
    }
    expect([zipf.rankOf(0), zipf.rankOf(1 - 2 ** -53)]).toEqual([0, 2]);
  });

  test('draws ranks about as often as expected', () => {
    const [ranks, draws, exponent] = [1000, 200_000, 0.99];
    const zipf = new Zipf(ranks, exponent);
    const random = randomFrom(77);
    const counts = new Float64Array(ranks);
    for (let i = 0; i < draws; i += 1) {
      const rank = zipf.rankOf(random() / 2 ** 32);
      counts[rank] = (counts[rank] as number) + 1;
    }
    const weights = Array.from({ length: ranks }, (_, rank) => (rank + 1) ** -exponent);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const rank of [0, 1, 9, 99]) {
      const expected = ((weights[rank] as number) / total) * draws;
      // Five standard deviations of a count; the seed is fixed.
      expect(Math.abs((counts[rank] as number) - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
  });

  test('with one rank draws only that one, and refuses zero ranks', () => {
    expect(new Zipf(1, 0.99).rankOf(0.999)).toBe(0);
    for (const count of [0, -1, 1.5, Number.NaN]) expect(() => new Zipf(count, 1)).toThrow(RangeError);
  });
});
