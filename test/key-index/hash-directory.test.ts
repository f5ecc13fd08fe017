// Why this test: in the index, hashes come from a keyed hash and are spread evenly. What must hold otherwise, when
// thousands of keys share some or all bits of their hash, can only be tested here, where hashes are chosen.
import { describe, expect, test } from 'vitest';
import { GrowableWords } from '../../src/key-index/growable-words.ts';
import { FULL_ENTRIES, HashDirectory } from '../../src/key-index/hash-directory.ts';
import { StateReader, StateWriter } from '../../src/key-index/index-image-sections.ts';
import { KeyWords } from '../../src/key-index/key-words.ts';
import { headerWord, KEY_WORD } from '../../src/key-index/node-layout.ts';
import { SEGMENT_WORDS, SLOT_WORDS } from '../../src/key-index/slot-layout.ts';
import { seededRandom } from '../../src/testing/index.ts';

const NODE_WORDS = KEY_WORD + 1;

/** Nodes whose keys are the four bytes of a number, and the hash chosen for each. */
class Fixture {
  /** One number in so many is looked up: where hashes are equal, a search visits all of them. */
  stride = 1;
  readonly directory: HashDirectory;
  readonly #nodes: Int32Array;
  readonly #key = new KeyWords();
  readonly #hashOf: (number: number) => number;

  constructor(count: number, hashOf: (number: number) => number, directory = new HashDirectory()) {
    this.directory = directory;
    this.#hashOf = hashOf;
    this.#nodes = new Int32Array((count + 1) * NODE_WORDS);
    for (let number = 0; number < count; number += 1) {
      const node = this.nodeOf(number);
      this.#load(number);
      this.#nodes[node] = headerWord(this.#key.byteLength, 1);
      this.#key.storeNode(this.#nodes, node);
    }
  }

  nodeOf(number: number): number {
    return (number + 1) * NODE_WORDS;
  }

  find(number: number): number {
    this.#load(number);
    return this.directory.nodeAt(this.directory.locate(this.#hashOf(number), this.#key, this.#nodes));
  }

  add(number: number): void {
    this.#load(number);
    const hash = this.#hashOf(number);
    const slot = this.directory.makeRoom(this.directory.locate(hash, this.#key, this.#nodes), hash);
    this.directory.fill(slot, hash, this.nodeOf(number), locationOf(number));
  }

  remove(number: number): void {
    this.directory.vacate(this.directory.slotOf(this.#hashOf(number), this.nodeOf(number)));
  }

  /** The location of a number that is present; `undefined` if no node has its hash. */
  probe(number: number): number | undefined {
    const slot = this.directory.probe(this.#hashOf(number));
    return this.directory.nodeAt(slot) === 0 ? undefined : this.directory.locationAt(slot);
  }

  /** Expects exactly the numbers that are in to be found, with their locations. */
  expectOnly(count: number, isIn: (number: number) => boolean): void {
    const numbers = Array.from({ length: Math.ceil(count / this.stride) }, (_, i) => i * this.stride);
    expect(numbers.filter((number) => this.find(number) !== (isIn(number) ? this.nodeOf(number) : 0))).toEqual([]);
    const wrong = numbers.filter((number) => {
      const location = this.probe(number);
      if (location === undefined) return isIn(number);
      const found = ~location;
      return this.#hashOf(found) !== this.#hashOf(number) || this.find(found) !== this.nodeOf(found);
    });
    expect(wrong).toEqual([]);
  }

  #load(number: number): void {
    const bytes = Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
    this.#key.load(bytes, 0, bytes.length);
  }
}

function locationOf(number: number): number {
  return ~number;
}

/** Multiplicative hashing (Knuth): as even as possible for consecutive numbers. */
function spread(number: number): number {
  return Math.imul(number, 0x9e3779b1);
}

// Where hashes are equal a search visits all of them, so just enough for the second segment of a chain.
const FEW = FULL_ENTRIES + 100;

const hashes: readonly (readonly [name: string, count: number, hashOf: (number: number) => number])[] = [
  ['spread', 4 * FULL_ENTRIES, spread],
  // The root is deep when the segments outside of the dense part split: it names each of them many times.
  [
    'dense in one part first',
    8 * FULL_ENTRIES,
    (number) => (spread(number) >>> (number < 3 * FULL_ENTRIES ? 6 : 0)) | 0,
  ],
  ['all zero', FEW, () => 0],
  ['equal in the top bits', FEW, (number) => 0x5a5a5000 | (number & 0xfff)],
  ['equal in the low bits', FEW, (number) => (number << 12) | 0xabc],
  ['of two values', 2 * FEW, (number) => (number & 1) * -1],
];

describe.each(hashes)('a directory of hashes that are %s', (_name, count, hashOf) => {
  const stride = hashOf(1) === spread(1) ? 1 : 23;

  test('finds every node, also after removing and adding again', () => {
    const fixture = new Fixture(count, hashOf);
    fixture.stride = stride;
    for (let number = 0; number < count; number += 1) fixture.add(number);
    fixture.expectOnly(count, () => true);
    for (let number = 0; number < count; number += 3) fixture.remove(number);
    fixture.expectOnly(count, (number) => number % 3 !== 0);
    for (let number = 0; number < count; number += 3) fixture.add(number);
    fixture.expectOnly(count, () => true);
  });

  test('is restored from its state', () => {
    const fixture = new Fixture(count, hashOf);
    for (let number = 1; number < count; number += 2) fixture.add(number);
    const writer = new StateWriter();
    fixture.directory.save(writer);
    const directory = new HashDirectory();
    directory.restore(new StateReader(writer.finish()), fixture.directory.slotsEnd);
    directory.adopt(fixture.directory.words.slice(0, fixture.directory.slotsEnd));
    const restored = new Fixture(count, hashOf, directory);
    restored.stride = stride;
    restored.expectOnly(count, (number) => number % 2 === 1);
    restored.add(0);
    restored.expectOnly(2, () => true);
  });
});

describe('a segment', () => {
  const SLOTS = SEGMENT_WORDS / SLOT_WORDS;
  const homeOf = (hash: number): number => hash & (SLOTS - 1);

  test('continues at its beginning after its last slot, and fills gaps there too', () => {
    // Homes in the last four and in the first four slots of the only segment.
    const hashOf = (number: number): number => (SLOTS - 4 + ((number * 5) % 8)) % SLOTS;
    const count = 24;
    const fixture = new Fixture(count, hashOf);
    const { directory } = fixture;
    const random = seededRandom(4);
    const held = new Set<number>();
    const slotOf = (number: number): number => directory.slotOf(hashOf(number), fixture.nodeOf(number)) / SLOT_WORDS;
    for (let step = 0; step < 500; step += 1) {
      const number = random() % count;
      if (held.delete(number)) fixture.remove(number);
      else {
        fixture.add(number);
        held.add(number);
      }
      if (step % 10 > 0) continue;
      fixture.expectOnly(count, (other) => held.has(other));
      for (const other of held) {
        // Every slot from the home of an entry to its own is in use.
        for (let slot = homeOf(hashOf(other)); slot !== slotOf(other); slot = (slot + 1) % SLOTS) {
          expect(directory.nodeAt(slot * SLOT_WORDS)).not.toBe(0);
        }
      }
    }
    for (const number of held) fixture.remove(number);
    expect(directory.words.filter((word, at) => at % SLOT_WORDS === 0 && word !== 0)).toHaveLength(0);
  });

  test('keeps the location of an entry up to date, also when the entry moves', () => {
    const fixture = new Fixture(4, () => 7);
    for (let number = 0; number < 3; number += 1) fixture.add(number);
    const { directory } = fixture;
    const slotOf = (number: number): number => directory.slotOf(7, fixture.nodeOf(number));
    expect([0, 1, 2].map(slotOf)).toEqual([7, 8, 9].map((slot) => slot * SLOT_WORDS));
    directory.setLocation(slotOf(2), 123);
    fixture.remove(0);
    expect([1, 2].map(slotOf)).toEqual([7, 8].map((slot) => slot * SLOT_WORDS));
    expect([1, 2].map((number) => directory.locationAt(slotOf(number)))).toEqual([locationOf(1), 123]);
    expect(directory.probe(7)).toBe(slotOf(1));
    expect(directory.nodeAt(directory.probe(8))).toBe(0);
    expect(directory.slotsEnd).toBe(SEGMENT_WORDS);
  });
});

describe('HashDirectory', () => {
  test('does not grow when entries of equal hash are added and removed', () => {
    const count = FULL_ENTRIES + 1200;
    const fixture = new Fixture(count, () => 0x1234);
    for (let number = 0; number < FULL_ENTRIES + 200; number += 1) fixture.add(number);
    const bytes = fixture.directory.bytes;
    // The oldest are removed from the first segment of the chain; new ones must reuse that space.
    for (let number = FULL_ENTRIES + 200; number < count; number += 1) {
      fixture.remove(number - FULL_ENTRIES - 200);
      fixture.add(number);
    }
    expect(fixture.directory.bytes).toBe(bytes);
  });

  test('follows a random history of adding and removing', () => {
    const count = 12_000;
    const random = seededRandom(9);
    const fixture = new Fixture(count, (number) => Math.imul(number, 0x85ebca6b));
    const held = new Set<number>();
    for (let step = 0; step < 60_000; step += 1) {
      const number = random() % count;
      if (held.delete(number)) fixture.remove(number);
      else {
        fixture.add(number);
        held.add(number);
      }
    }
    fixture.expectOnly(count, (number) => held.has(number));
  });

  test('uses at most 32 bytes an entry, and one segment when it is small', () => {
    // The slots, a root of two entries and the three fields of the segment.
    expect(new HashDirectory().bytes).toBe((SEGMENT_WORDS + 2 + 3) * 4);
    const count = 100_000;
    const fixture = new Fixture(count, spread);
    for (let number = 0; number < count; number += 1) fixture.add(number);
    expect(fixture.directory.bytes / count).toBeLessThan(32);
  });

  test('is empty after a reset, with one segment or many', () => {
    for (const count of [100, 20_000]) {
      const fixture = new Fixture(count, spread);
      for (let number = 0; number < count; number += 1) fixture.add(number);
      fixture.directory.reset();
      fixture.expectOnly(count, () => false);
      for (let number = 0; number < count; number += 1) fixture.add(number);
      fixture.expectOnly(count, () => true);
    }
  });

  test('loses nothing when memory is exhausted, and needs none for reserved entries', () => {
    const memory = new GrowableWords(SEGMENT_WORDS, [], 4 * SEGMENT_WORDS);
    const count = 30_000;
    const fixture = new Fixture(count, spread, new HashDirectory(memory));
    let added = 0;
    expect(() => {
      for (; added < count; added += 1) fixture.add(added);
    }).toThrow(RangeError);
    expect(added).toBeGreaterThan(3 * FULL_ENTRIES);
    fixture.expectOnly(count, (number) => number < added);
    expect(() => fixture.directory.reserve(2048)).toThrow(RangeError);
  });

  // Nearly full segments split at their first entries, and all of them may be nearly full.
  test('reserves a split for each segment or entry, and one for every 1,024 entries', () => {
    for (const [keys, segments] of [
      [1, 1 + 1 + 1],
      [3000, 1 + 1 + 3],
    ] as const) {
      const memory = new GrowableWords(SEGMENT_WORDS, []);
      new HashDirectory(memory).reserve(keys);
      expect(memory.words.length).toBe(segments * SEGMENT_WORDS);
    }
  });

  test('has memory for reserved entries, even if they split every segment', () => {
    const count = 4 * FULL_ENTRIES;
    const nearlyFull = (segmentsMax: number): Fixture => {
      const memory = new GrowableWords(SEGMENT_WORDS, [], segmentsMax * SEGMENT_WORDS);
      const fixture = new Fixture(count + 360, spread, new HashDirectory(memory));
      for (let number = 0; number < count - 40; number += 1) fixture.add(number);
      expect(fixture.directory.slotsEnd).toBe(4 * SEGMENT_WORDS);
      return fixture;
    };
    expect(() => nearlyFull(8).directory.reserve(400)).toThrow(RangeError);
    const fixture = nearlyFull(9);
    fixture.directory.reserve(400);
    for (let number = count - 40; number < count + 360; number += 1) fixture.add(number);
    expect(fixture.directory.slotsEnd).toBe(8 * SEGMENT_WORDS);
    fixture.expectOnly(count + 360, () => true);
  });

  test('reports that a node was removed before', () => {
    const fixture = new Fixture(2, () => 1);
    fixture.add(0);
    expect(() => fixture.remove(1)).toThrow(/removed before/);
    fixture.expectOnly(2, (number) => number === 0);
  });
});
