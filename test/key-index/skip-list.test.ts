import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/key-index/arena.ts';
import { StateReader, StateWriter } from '../../src/key-index/index-image-sections.ts';
import { KeyWords } from '../../src/key-index/key-words.ts';
import { headerWord, heightOf, nextWord, nodeWordCount } from '../../src/key-index/node-layout.ts';
import { LIST_WORDS, SkipList } from '../../src/key-index/skip-list.ts';
import { seededRandom } from '../../src/testing/index.ts';

const KEY_BYTES = 4;

/** A list whose keys are numbers. */
class NumberList {
  readonly arena: Arena = new Arena(LIST_WORDS);
  readonly list: SkipList = new SkipList(this.arena);
  readonly #random = seededRandom(5);
  readonly #key = new KeyWords();

  key(number: number): KeyWords {
    this.#key.load(Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number), 0, KEY_BYTES);
    return this.#key;
  }

  /** A node that is not linked yet. */
  node(number: number): number {
    const height = 1 + (Math.clz32(this.#random()) >>> 1);
    const node = this.arena.allocate(nodeWordCount(KEY_BYTES, height)) + height;
    this.arena.words[node] = headerWord(KEY_BYTES, height);
    this.key(number).storeNode(this.arena.words, node);
    return node;
  }

  heightOf(node: number): number {
    return heightOf(this.arena.words, node);
  }

  numberAt(node: number): number {
    const key = new KeyWords();
    key.loadNode(this.arena.words, node);
    return new DataView(key.toBytes().buffer).getUint32(0);
  }
}

describe('SkipList', () => {
  test('finds the first node that is not less, and the first that is greater', () => {
    const numbers = new NumberList();
    const { list } = numbers;
    for (let number = 0; number < 1000; number += 10) list.append(numbers.node(number));
    expect(numbers.numberAt(list.seek(numbers.key(500)))).toBe(500);
    expect(numbers.numberAt(list.seek(numbers.key(501)))).toBe(510);
    expect(numbers.numberAt(list.seekAfter(numbers.key(500)))).toBe(510);
    expect(list.seek(numbers.key(991))).toBe(0);
    expect(list.seekAfter(numbers.key(990))).toBe(0);
    expect(list.isAfterLast(numbers.key(990))).toBe(false);
    expect(list.isAfterLast(numbers.key(991))).toBe(true);
  });

  test('continues from the finger to near and far keys', () => {
    const numbers = new NumberList();
    const { list } = numbers;
    for (let number = 0; number < 20_000; number += 2) list.append(numbers.node(number));
    const steps = [1, 3, 5, 7, 901, 903, 15_001, 15_003, 25_001, 25_003];
    for (const [i, number] of steps.entries()) {
      if (i === 0) list.seek(numbers.key(number));
      else list.seekOnward(numbers.key(number));
      list.link(numbers.node(number));
    }
    for (const number of steps) expect(numbers.numberAt(list.seek(numbers.key(number)))).toBe(number);
    expect(numbers.numberAt(list.seekAfter(numbers.key(901)))).toBe(902);
    expect(numbers.numberAt(list.seekAfter(numbers.key(19_998)))).toBe(25_001);
    expect(list.seekAfter(numbers.key(25_003))).toBe(0);
  });

  test('stops before a key that is there, also when it continues from the finger', () => {
    const numbers = new NumberList();
    const { list } = numbers;
    const nodes = Array.from({ length: 1000 }, (_, number) => numbers.node(number));
    for (const node of nodes) list.append(node);
    list.seek(numbers.key(10));
    for (let number = 11; number < 1000; number += 7) {
      list.seekOnward(numbers.key(number));
      list.unlink(nodes[number] as number);
    }
    for (let number = 11; number < 1000; number += 1) {
      const found = list.seek(numbers.key(number));
      const next = (number - 11) % 7 === 0 ? number + 1 : number;
      expect(found === 0 ? 1000 : numbers.numberAt(found)).toBe(next);
    }
  });

  test.each([
    [0, 1],
    [3, 400],
    [250, 1000],
    [999, 1000],
    [0, 1000],
    [400, 400],
    [600, 300],
  ])('cuts the run from %i to before %i out of 1000 nodes', (from, to) => {
    const numbers = new NumberList();
    const { arena, list } = numbers;
    for (let number = 0; number < 1000; number += 1) list.append(numbers.node(number));
    const numbersFrom = (first: number): number[] => {
      const found: number[] = [];
      for (let node = first; node !== 0; node = arena.words[nextWord(node, 0)] as number)
        found.push(numbers.numberAt(node));
      return found;
    };
    const upper = new KeyWords();
    upper.load(Uint8Array.of(0, 0, to >>> 8, to), 0, KEY_BYTES);
    const { epoch } = list;
    const run = numbersFrom(list.cut(numbers.key(from), to === 1000 ? undefined : upper));
    expect(run).toEqual(Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i));
    expect(list.epoch !== epoch).toBe(run.length > 0);
    const left = Array.from({ length: 1000 }, (_, number) => number).filter((number) => !run.includes(number));
    expect(numbersFrom(list.seek(numbers.key(0)))).toEqual(left);
    for (const number of left) expect(numbers.numberAt(list.seek(numbers.key(number)))).toBe(number);
    // The tails are right: a new node goes to the end.
    list.append(numbers.node(1000));
    expect(numbersFrom(list.seek(numbers.key(0)))).toEqual([...left, 1000]);
  });

  // Blocks that hold too few nodes would only be slow: a search for every step of a reverse cursor.
  test('collects blocks of about 64 nodes that end at the finger', () => {
    const numbers = new NumberList();
    const { list } = numbers;
    for (let number = 0; number < 20_000; number += 1) list.append(numbers.node(number));
    const block = new Int32Array(256);
    let blocks = 0;
    list.seek(numbers.key(0));
    list.seekEnd();
    for (let end = 20_000; end > 0; blocks += 1) {
      const count = list.collectBlock(block);
      expect(count).toBeGreaterThan(0);
      const found = Array.from(block.subarray(0, count), (node) => numbers.numberAt(node));
      expect(found).toEqual(Array.from({ length: count }, (_, i) => end - count + i));
      end -= count;
      list.seek(numbers.key(end));
    }
    expect(list.collectBlock(block)).toBe(0);
    expect(20_000 / blocks).toBeGreaterThan(40);
    expect(20_000 / blocks).toBeLessThan(100);
  });

  test('lowers its levels with its highest nodes, down to one', () => {
    const numbers = new NumberList();
    const { list } = numbers;
    const levels = (): number => {
      const state = new StateWriter();
      list.save(state);
      return state.finish()[0] ?? 0;
    };
    const nodes = Array.from({ length: 300 }, (_, number) => numbers.node(number));
    for (const node of nodes) list.append(node);
    const seen = [levels()];
    const expected = [Math.max(...nodes.map((node) => numbers.heightOf(node)))];
    for (const [number, node] of nodes.entries()) {
      list.seek(numbers.key(number));
      list.unlink(node);
      seen.push(levels());
      expected.push(Math.max(1, ...nodes.slice(number + 1).map((left) => numbers.heightOf(left))));
    }
    expect(seen).toEqual(expected);
    expect(Math.max(...seen)).toBeGreaterThan(3);
  });

  test('is restored from its state and its words', () => {
    const numbers = new NumberList();
    const { arena, list } = numbers;
    for (let number = 0; number < 300; number += 1) list.append(numbers.node(number));
    const stateOf = (): Int32Array => {
      const state = new StateWriter();
      list.save(state);
      return state.finish();
    };
    const [words, state] = [arena.words.slice(0, arena.end), stateOf()];
    list.reset();
    arena.words.set(words);
    const { epoch } = list;
    list.restore(new StateReader(state));
    expect(list.epoch).not.toBe(epoch);
    expect(stateOf()).toEqual(state);
    expect([list.isAfterLast(numbers.key(299)), list.isAfterLast(numbers.key(300))]).toEqual([false, true]);
    expect(numbers.numberAt(list.seek(numbers.key(123)))).toBe(123);
  });

  test('is empty after a reset, and links at its beginning', () => {
    const numbers = new NumberList();
    const { list } = numbers;
    for (let number = 0; number < 100; number += 1) list.append(numbers.node(number));
    const { epoch } = list;
    list.reset();
    expect(list.epoch).not.toBe(epoch);
    expect(list.seek(numbers.key(0))).toBe(0);
    for (let number = 0; number < 100; number += 1) list.append(numbers.node(number));
    list.reset();
    expect(list.isAfterLast(numbers.key(0))).toBe(true);
    list.link(numbers.node(7));
    expect(numbers.numberAt(list.seek(numbers.key(0)))).toBe(7);
    expect([list.seek(numbers.key(8)), list.isAfterLast(numbers.key(7))]).toEqual([0, false]);
  });
});
