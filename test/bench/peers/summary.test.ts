import { describe, expect, test } from 'vitest';
import { detailTable, limitTable, overviewTable, winsOfOthers } from '../../../bench/peers/comparison-report.ts';
import { ourName } from '../../../bench/peers/measures.ts';
import { type PeerRounds, summarize, verdictOf } from '../../../bench/peers/summary.ts';

const ours: PeerRounds = {
  peer: ourName,
  entries: 2000,
  rounds: [
    { load: 100, open: 4, scan: 10 },
    { load: 200, open: 2, scan: 10 },
    { load: 300, open: 3, scan: 10 },
  ],
};
const other: PeerRounds = {
  peer: 'other',
  entries: 1000,
  rounds: [
    { load: 300, open: 8, scan: 10 },
    { load: 200, open: 8 },
    { load: 150, open: 3 },
  ],
};
const summaries = summarize([ours, other]);

describe('summarize', () => {
  test('computes median and spread, and compares round by round', () => {
    expect(summaries.filter(({ peer }) => peer === 'other')).toEqual([
      // 3x, 1x and 0.5x, although the medians are the same.
      { peer: 'other', measure: 'load', entries: 1000, median: 200, min: 150, max: 300, timesOurs: 1 },
      { peer: 'other', measure: 'scan', entries: 1000, median: 10, min: 10, max: 10, timesOurs: 1 },
      // Less is better here: half, a quarter and equal.
      { peer: 'other', measure: 'open', entries: 1000, median: 8, min: 3, max: 8, timesOurs: 0.5 },
    ]);
  });

  test('leaves out measures that a peer does not have, and comparisons without figures', () => {
    expect(summaries.filter(({ measure }) => measure === 'durable put')).toEqual([]);
    const alone = summarize([ours, { peer: 'x', entries: 1, rounds: [{ 'durable put': 5 }] }]);
    expect(alone.find(({ peer }) => peer === 'x')?.timesOurs).toBe(0);
    expect(() => summarize([other])).toThrow(ourName);
  });

  test.each([
    [1.21, 'better'],
    [1.2, 'tie'],
    [1, 'tie'],
    [0.84, 'tie'],
    [0.83, 'worse'],
  ])('calls %f times as good %s', (timesOurs, verdict) => {
    expect(verdictOf({ timesOurs })).toBe(verdict);
  });
});

describe('the report', () => {
  test('shows every figure with its ratio', () => {
    expect(detailTable(summaries)).toMatch(/load +per second +projection-cache +2,000 +200 +100 +300\n/);
    expect(detailTable(summaries)).toMatch(/other +1,000 +8\.00 +3\.00 +8\.00 +0\.50x$/m);
    expect(overviewTable(summaries)).toMatch(/^load +per second +200 +200$/m);
  });

  test('lists where others win, from the figures alone', () => {
    const won = summarize([ours, { peer: 'fast', entries: 2000, rounds: [{ load: 150, open: 40 }, { load: 300 }] }]);
    expect(winsOfOthers(won)).toMatch(/^Where others win.*\n {2}load: fast, 1\.50x\nAs good.*\n {2}none in this run$/);
    expect(winsOfOthers(summaries)).toMatch(
      /\n {2}nowhere in this run\nAs good.*\n {2}load: other, 1\.00x\n {2}scan: /,
    );
  });

  test('compares our figures with the limits of the machine', () => {
    const limits = [{ name: 'reads', measure: 'load', perSecond: 400 }];
    expect(limitTable(limits, summaries)).toMatch(/^reads +400 +load +0\.50x$/m);
  });
});
