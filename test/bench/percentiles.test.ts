import { describe, expect, test } from 'vitest';
import { medianOf, percentilesOf } from '../../bench/percentiles.ts';

describe('percentilesOf', () => {
  test('returns measured durations, by nearest rank', () => {
    const durations = Float64Array.from({ length: 1000 }, (_, i) => 1000 - i);
    expect(percentilesOf(durations)).toEqual({ p50: 500, p90: 900, p99: 990, p999: 999, max: 1000 });
  });

  test('sorts numerically, and does not reorder its argument', () => {
    const durations = Float64Array.of(10, 9, 100);
    expect(percentilesOf(durations)).toEqual({ p50: 10, p90: 100, p99: 100, p999: 100, max: 100 });
    expect([...durations]).toEqual([10, 9, 100]);
  });

  test('of one duration and of zero durations', () => {
    expect(percentilesOf(Float64Array.of(7))).toEqual({ p50: 7, p90: 7, p99: 7, p999: 7, max: 7 });
    expect(percentilesOf(new Float64Array(0))).toEqual({ p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
  });
});

describe('medianOf', () => {
  test.each([
    [[], 0],
    [[7], 7],
    [[10, 9, 100], 10],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (numbers, median) => {
    expect(medianOf(numbers)).toBe(median);
  });
});
