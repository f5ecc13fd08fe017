// Which running fold answers which call.
import { describe, expect, test } from 'vitest';
import { ActiveFolds } from '../../src/projection/cached-states.ts';
import type { Folded } from '../../src/projection/projection-run.ts';
import { SharedFold } from '../../src/projection/single-flight.ts';

function sharedFold(head: bigint, askedAt: number, checkpoint?: string): SharedFold {
  return new SharedFold(
    { head, checkpoint, askedAt, activeFold: new ActiveFolds().begin('a') },
    () => new Promise<Folded>(() => {}),
  );
}

describe('SharedFold.answers', () => {
  test.each<[string, boolean, { head: bigint; askedAt: number; beganAt: number; found: bigint; lowest: bigint }]>([
    ['the same head, read at any time', true, { head: 10n, askedAt: 1, beganAt: 5, found: 10n, lowest: 10n }],
    ['below the head', false, { head: 9n, askedAt: 1, beganAt: 5, found: 10n, lowest: 10n }],
    [
      'below, read later: the log may have been restored',
      false,
      { head: 9n, askedAt: 6, beganAt: 5, found: 10n, lowest: 10n },
    ],
    ['above, read before the call', false, { head: 11n, askedAt: 4, beganAt: 5, found: 10n, lowest: 10n }],
    ['above, read as the call began', false, { head: 11n, askedAt: 5, beganAt: 5, found: 10n, lowest: 10n }],
    ['above, read later', true, { head: 11n, askedAt: 6, beganAt: 5, found: 10n, lowest: 10n }],
    ['above the head of an earlier try, later', true, { head: 11n, askedAt: 6, beganAt: 5, found: 12n, lowest: 10n }],
    ['the same, before the call', false, { head: 11n, askedAt: 4, beganAt: 5, found: 12n, lowest: 10n }],
  ])('%s: %s', (_what, expected, { head, askedAt, beganAt, found, lowest }) => {
    expect(sharedFold(head, askedAt).answers(beganAt, { head: found, checkpoint: undefined }, lowest)).toBe(expected);
  });

  test('the same head of a restored log, read before the call: not, as another event is there', () => {
    const found = (checkpoint: string) => ({ head: 10n, checkpoint });
    expect(sharedFold(10n, 4, 'old').answers(5, found('new'), 10n)).toBe(false);
    expect(sharedFold(10n, 4, 'old').answers(5, found('old'), 10n)).toBe(true);
    // Its head was read after the call began, so it is a head of the restored log or of one that the call may see.
    expect(sharedFold(10n, 6, 'old').answers(5, found('new'), 10n)).toBe(true);
  });
});

describe('ActiveFolds', () => {
  test('know the running folds, in whatever order they end', () => {
    const activeFolds = new ActiveFolds();
    const [a, b, c, d] = ['a', 'b', 'a', 'a'].map((stream) => activeFolds.begin(stream));
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four were begun');
    activeFolds.end(a);
    activeFolds.end(d);
    const newest = activeFolds.begin('a');
    activeFolds.end(newest);
    activeFolds.beginInvalidation('a');
    expect([a, b, c, d, newest].map(({ isDropped }) => isDropped)).toEqual([false, false, true, false, false]);
    activeFolds.end(b);
    activeFolds.end(c);
    expect([activeFolds.begin('a').isDropped, activeFolds.begin('b').isDropped]).toEqual([true, false]);
    activeFolds.beginInvalidation('a');
    activeFolds.endInvalidation('a');
    expect(activeFolds.begin('a').isDropped).toBe(true);
    activeFolds.endInvalidation('a');
    expect(activeFolds.begin('a').isDropped).toBe(false);
  });
});
