// Why this test: use counts and holds share a word with the key length and the tower height. If one overflows into
// another, the order is broken, and only the invariants of the whole index show it.
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/key-index/arena.ts';
import { ClockHand } from '../../src/key-index/clock-hand.ts';
import type { HashDirectory } from '../../src/key-index/hash-directory.ts';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import { addUse, headerWord, type NodeAddress, USES_MAX, usesOf } from '../../src/key-index/node-layout.ts';
import { SLOT_WORDS } from '../../src/key-index/slot-layout.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { keysOf, randomKeys, restored, seededIndex, text, textsOf, utf8 } from './index-fixtures.ts';
import { indexFaults } from './index-invariants.ts';

function indexOf(keys: readonly Uint8Array[]): KeyIndex {
  const index = seededIndex();
  for (const key of keys) index.put(key, 1, 2);
  return index;
}

/** Removes `count` nodes that the hand chooses; returns their keys. */
function evict(index: KeyIndex, count: number): Uint8Array[] {
  return Array.from({ length: count }, () => {
    const node = index.eviction.next();
    const key = index.eviction.keyOf(node);
    index.removeNode(node);
    return key;
  });
}

const hex = (keys: readonly Uint8Array[]): Set<string> => new Set(keys.map((key) => Buffer.from(key).toString('hex')));

describe('the hand', () => {
  test('finds nothing in an empty index', () => {
    expect(seededIndex().eviction.next()).toBe(0);
  });

  test('does not walk all of a directory that was much fuller before', () => {
    const keys = randomKeys(100_000);
    const index = indexOf(keys);
    const left = keys.slice(0, 40);
    for (const key of keys.slice(40)) index.remove(key);
    const nodes = left.map((key) => index.find(key));
    for (const node of nodes) for (let use = 0; use < USES_MAX; use += 1) index.eviction.use(node);
    expect(index.eviction.next()).not.toBe(0);
    // The nodes that were visited have lost a use.
    const seen = nodes.filter((node) => usesOf(index.sections().arena, node) < USES_MAX);
    expect(seen.length).toBeLessThan(left.length / 2);
  });

  test('returns each node once, linked or not yet linked, until the index is empty', () => {
    const keys = randomKeys(10_000);
    const index = indexOf(keys);
    expect(hex(evict(index, 5000)).size).toBe(5000);
    expect(indexFaults(index)).toEqual([]);
    evict(index, 5000);
    expect(index.size).toBe(0);
    expect(index.eviction.next()).toBe(0);
  });

  test('skips a used node once for each use, at most three times', () => {
    const keys = randomKeys(30);
    const index = indexOf(keys);
    for (const [i, key] of keys.entries()) for (let use = 0; use < i % 5; use += 1) index.eviction.use(index.find(key));
    const rank = new Map(keys.map((key, i) => [Buffer.from(key).toString('hex'), Math.min(i % 5, 3)]));
    const evicted = evict(index, 30).map((key) => rank.get(Buffer.from(key).toString('hex')));
    expect(evicted).toEqual([...evicted].sort());
    expect(evicted.filter((uses) => uses === 3)).toHaveLength(12);
  });

  test('chooses one of the least used nearby nodes if all were used, and visits at most 64', () => {
    const keys = randomKeys(5000);
    const index = indexOf(keys);
    for (const key of keys) for (let use = 0; use < 3; use += 1) index.eviction.use(index.find(key));
    index.eviction.next();
    // Each visited node lost a use.
    const { arena } = index.sections();
    expect(keys.filter((key) => usesOf(arena, index.find(key)) < USES_MAX)).toHaveLength(64);
  });

  test('never chooses a held node, and chooses it again once released', () => {
    const index = indexOf(['a', 'b', 'c'].map(utf8));
    const held = index.find(utf8('b'));
    expect(index.eviction.hold(held)).toBe(true);
    expect(index.eviction.hold(held)).toBe(false);
    expect(evict(index, 2).map(text).sort()).toEqual(['a', 'c']);
    expect(index.eviction.next()).toBe(0);
    index.eviction.release(held);
    expect(index.eviction.next()).toBe(held);
  });

  test('continues in an index that was emptied and has grown since', () => {
    const index = indexOf(randomKeys(20_000));
    evict(index, 10);
    index.clear();
    index.put(utf8('only'), 1, 1);
    expect(evict(index, 1).map(text)).toEqual(['only']);
    for (const key of randomKeys(20_000, 8)) index.put(key, 1, 1);
    evict(index, 20_000);
    expect(index.size).toBe(0);
  });
});

describe('the slots that the hand examines', () => {
  const NODE_WORDS = 4;

  /** A hand over `slots` slots, of which the given ones hold a node with so many uses. It begins at slot `start`. */
  function handOver(slots: number, uses: Readonly<Record<number, number>>, start: number): SlotHand {
    const arena = new Arena(0);
    const nodes = new Map<number, NodeAddress>();
    const { words } = arena;
    for (const [slot, count] of Object.entries(uses)) {
      const node = ((nodes.size + 1) * NODE_WORDS) as NodeAddress;
      nodes.set(Number(slot), node);
      words[node] = headerWord(3, 1);
      for (let use = 0; use < count; use += 1) addUse(words, node);
    }
    const examined: number[] = [];
    const directory = {
      slotsEnd: slots * SLOT_WORDS,
      nodeAt: (slot: number) => {
        examined.push(slot / SLOT_WORDS);
        return nodes.get(slot / SLOT_WORDS) ?? 0;
      },
    } as HashDirectory;
    const hand = new ClockHand(arena, directory, () => Math.ceil((start / slots) * 2 ** 32));
    const slotOf = (node: number): number => [...nodes].find(([, other]) => other === node)?.[0] ?? -1;
    return {
      examined,
      next: () => slotOf(hand.next()),
      usesAt: (slot) => usesOf(words, nodes.get(slot) as NodeAddress),
    };
  }

  interface SlotHand {
    readonly examined: number[];
    /** The slot of the next victim, -1 for none. */
    next(): number;
    usesAt(slot: number): number;
  }

  test('begin at a random one and continue downward, and from the first to the last', () => {
    const hand = handOver(8, { 1: 0, 6: 0 }, 3);
    expect([hand.next(), hand.next(), hand.next()]).toEqual([1, 6, 1]);
    expect(hand.examined).toEqual([2, 1, 0, 7, 6, 5, 4, 3, 2, 1]);
    // A victim that was not removed has no fewer uses than none.
    expect([hand.usesAt(1), hand.usesAt(6)]).toEqual([0, 0]);
  });

  test('are all, once, if none has an unused node; the first of the least used is the victim', () => {
    const hand = handOver(8, { 7: 3, 5: 2, 4: 1, 3: 1, 0: 2 }, 0);
    expect(hand.next()).toBe(4);
    expect(hand.examined).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
    expect([7, 5, 4, 3, 0].map((slot) => hand.usesAt(slot))).toEqual([2, 1, 0, 0, 1]);
    const empty = handOver(8, {}, 0);
    expect(empty.next()).toBe(-1);
    expect(empty.examined).toHaveLength(8);
  });

  test('are 4,096 and one more after a victim was found, and any number before', () => {
    const slots = 10_000;
    const found = handOver(slots, { [slots - 1]: 1, 0: 0 }, 0);
    expect(found.next()).toBe(slots - 1);
    expect(found.examined).toHaveLength(4097);
    const late = handOver(slots, { 10: 1 }, 0);
    expect(late.next()).toBe(10);
    expect(late.examined).toHaveLength(slots - 10);
  });
});

describe('counts', () => {
  test('do not change keys, towers and order', () => {
    const keys = randomKeys(3000);
    keys.push(new Uint8Array(65_535).fill(0xff));
    const index = indexOf(keys);
    const before = keysOf(index);
    for (const key of keys) {
      for (let use = 0; use < 5; use += 1) index.eviction.use(index.find(key));
      index.eviction.hold(index.find(key));
    }
    expect(keysOf(index)).toEqual(before);
    expect(indexFaults(index)).toEqual([]);
    for (const key of keys.slice(0, 1000)) index.remove(key);
    expect(indexFaults(index)).toEqual([]);
  });

  test('stay with a key that gets another record, and are restored with the image', () => {
    const index = indexOf(['a', 'b', 'c', 'd'].map(utf8));
    for (const key of ['a', 'b', 'd']) index.eviction.use(index.find(utf8(key)) as NodeAddress);
    index.put(utf8('b'), 7, 7);
    const { state, arena, directory } = index.sections();
    const sections = { state: state.slice(), arena: arena.slice(), directory: directory.slice() };
    const again = restored(sections, seededRandom(9));
    expect(evict(again, 1).map(text)).toEqual(['c']);
    expect(textsOf(again)).toEqual(['a', 'b', 'd']);
  });
});
