import { describe, expect, test } from 'vitest';
import { ChangeList } from '../../src/key-index/change-list.ts';
import { NO_NODE } from '../../src/key-index/node-layout.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { pairOfEqualHash, randomKeys, text, utf8 } from './index-fixtures.ts';

function listOf(changes: readonly (readonly [key: string, location: number, units: number])[]): ChangeList {
  const list = new ChangeList(seededRandom(3));
  for (const [key, location, units] of changes) {
    const bytes = utf8(`<${key}>`);
    list.add(bytes, 1, bytes.length - 1, location, units);
  }
  return list;
}

describe('ChangeList', () => {
  test('finds the latest change of a key', () => {
    const list = listOf([
      ['a', 1, 10],
      ['b', -2, 20],
      ['a', 3, 30],
      ['', 4, 40],
    ]);
    const placeOf = (key: string): readonly number[] => {
      const change = list.find(utf8(key));
      return change === NO_NODE ? [] : [list.location(change), list.units(change)];
    };
    expect(['a', 'b', '', 'c', 'ab'].map(placeOf)).toEqual([[3, 30], [-2, 20], [4, 40], [], []]);
    expect(list.count).toBe(4);
  });

  test('has later changes at higher addresses, and visits them in that order', () => {
    const list = listOf([
      ['b', 1, 1],
      ['a', 2, 1],
    ]);
    const between = list.end;
    list.add(utf8('b'), 0, 1, 3, 1);
    const visited: [string, number, boolean][] = [];
    list.visit((change, key) => {
      visited.push([text(key), list.location(change), change >= between]);
    });
    expect(visited).toEqual([
      ['b', 1, false],
      ['a', 2, false],
      ['b', 3, true],
    ]);
  });

  // More than it has chains at first, and more words than it has at first.
  test('finds each of many keys after its memory has grown', () => {
    const list = new ChangeList(seededRandom(5));
    const keys = randomKeys(20_000);
    keys.forEach((key, i) => {
      list.add(key, 0, key.length, i, 1);
    });
    const wrong = keys.filter((key, i) => list.location(list.find(key)) !== i);
    expect(wrong).toEqual([]);
    expect(randomKeys(100, 99).filter((key) => list.find(key) !== NO_NODE)).toEqual([]);
  });

  test('does not confuse two keys of the same hash', () => {
    const list = new ChangeList(() => 1);
    const [first, second] = pairOfEqualHash(1);
    list.add(utf8(first), 0, first.length, 1, 10);
    expect(list.find(utf8(second))).toBe(NO_NODE);
    list.add(utf8(second), 0, second.length, 2, 20);
    expect([first, second].map((key) => list.location(list.find(utf8(key))))).toEqual([1, 2]);
  });

  test('sums the units of all changes, those that a later one replaced included', () => {
    const list = listOf([
      ['a', 1, 10],
      ['a', 2, 30],
    ]);
    expect(list.unitsSum).toBe(40);
    list.clear();
    expect(list.unitsSum).toBe(0);
  });

  test('is empty after it was cleared', () => {
    const list = listOf([['a', 1, 1]]);
    list.clear();
    list.visit(() => expect.unreachable());
    expect([list.count, list.find(utf8('a'))]).toEqual([0, NO_NODE]);
  });
});
