import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../bench/bench-arguments.ts';
import { parsePeersArguments } from '../../../bench/peers/peers-arguments.ts';

const names = ['a', 'b'];

describe('parsePeersArguments', () => {
  test('has defaults, and different ones for a quick run', () => {
    expect(parsePeersArguments([], names)).toMatchObject({
      entries: 200_000,
      valueBytes: 256,
      rounds: 3,
      quick: false,
    });
    expect(parsePeersArguments(['--quick'], names)).toMatchObject({ entries: 20_000, rounds: 1, quick: true });
    expect(parsePeersArguments(['--quick', '--rounds', '2'], names)).toMatchObject({ rounds: 2 });
  });

  test('takes lists', () => {
    expect(parsePeersArguments(['--grow', '20000,10000', '--peers', 'b,a'], names)).toMatchObject({
      grow: [10_000, 20_000],
      peers: ['b', 'a'],
    });
  });

  test.each([[['--entries', '1']], [['--rounds', 'x']], [['--grow', '10000,']], [['--peers', 'c']], [['--fast']]])(
    'refuses %j and lists the valid values',
    (args) => {
      expect(() => parsePeersArguments(args, names)).toThrow(UsageError);
      expect(() => parsePeersArguments(args, names)).toThrow('Usage:');
    },
  );
});
