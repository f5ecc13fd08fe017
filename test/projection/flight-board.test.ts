// Which fold under way answers which call.
import { describe, expect, test } from 'vitest';
import { Flight } from '../../src/projection/flight-board.ts';
import { FoldTokens } from '../../src/projection/fold-token.ts';
import type { Folded } from '../../src/projection/projection-run.ts';

function flight(head: bigint, askedAt: number): Flight {
  return new Flight({ head, askedAt, token: new FoldTokens().begin('a') }, () => new Promise<Folded>(() => {}));
}

describe('Flight.answers', () => {
  test.each<[string, boolean, { head: bigint; askedAt: number; beganAt: number; found: bigint; lowest: bigint }]>([
    ['the same head, whenever it was asked for', true, { head: 10n, askedAt: 1, beganAt: 5, found: 10n, lowest: 10n }],
    ['below the head', false, { head: 9n, askedAt: 1, beganAt: 5, found: 10n, lowest: 10n }],
    [
      'below, asked for later: not every log is one',
      false,
      { head: 9n, askedAt: 6, beganAt: 5, found: 10n, lowest: 10n },
    ],
    ['above, asked for before the call', false, { head: 11n, askedAt: 4, beganAt: 5, found: 10n, lowest: 10n }],
    ['above, asked for later', true, { head: 11n, askedAt: 6, beganAt: 5, found: 10n, lowest: 10n }],
    ['above what an earlier try found, later', true, { head: 11n, askedAt: 6, beganAt: 5, found: 12n, lowest: 10n }],
    ['the same, before the call', false, { head: 11n, askedAt: 4, beganAt: 5, found: 12n, lowest: 10n }],
  ])('%s: %s', (_what, expected, { head, askedAt, beganAt, found, lowest }) => {
    expect(flight(head, askedAt).answers(beganAt, found, lowest)).toBe(expected);
  });
});

describe('FoldTokens', () => {
  test('know what is under way, in whatever order it ends', () => {
    const tokens = new FoldTokens();
    const [a, b, c, d] = ['a', 'b', 'a', 'a'].map((stream) => tokens.begin(stream));
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four were begun');
    tokens.end(a);
    tokens.end(d);
    tokens.close('a');
    expect([a, b, c, d].map(({ isDropped }) => isDropped)).toEqual([false, false, true, false]);
    tokens.end(b);
    tokens.end(c);
    expect(tokens.begin('a').isDropped).toBe(true);
    tokens.close('a');
    tokens.reopen('a');
    expect(tokens.begin('a').isDropped).toBe(true);
    tokens.reopen('a');
    expect(tokens.begin('a').isDropped).toBe(false);
  });
});
