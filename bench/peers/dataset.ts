import { groupEntries, Keys, randomFrom, shuffled } from '../workload.ts';
import type { Body, Key, MixedOperations, Puts, Run } from './peer.ts';
import { Zipf } from './zipf.ts';

const metaBytes = 16;
/**
 * Bodies differ from one another and do not compress; this many serve all entries, so that they stay in the CPU caches.
 */
const bodiesMax = 1024;
const zipfExponent = 0.99;
const putShare = 0.05;

/** The same entries, orders and operations for every peer, with keys in its form. */
export class Dataset<K extends Key> {
  readonly entries: number;
  readonly #form: (key: Uint8Array) => K;
  readonly #bodies: readonly Body[];
  readonly #made: Keys = new Keys();

  constructor(entries: number, valueBytes: number, form: (key: Uint8Array) => K) {
    this.entries = entries;
    this.#form = form;
    this.#bodies = makeBodies(valueBytes);
  }

  /** The body of version `version` of the entry `index`; versions differ in their bytes. */
  body(index: number, version: number): Body {
    return this.#bodies[(index + version * 331) % this.#bodies.length] as Body;
  }

  /**
   * Every entry once in a random order, the same for the same seed, or the first `count` of them. Keys are created in
   * the order of their use: real callers have just created their key, and cache misses on scattered keys would be
   * charged to the store.
   */
  puts(version: number, seed: number, count: number = this.entries): Puts<K> & { readonly order: Uint32Array } {
    const order = shuffled(this.entries, randomFrom(seed)).subarray(0, count);
    const keys = Array.from(order, (index) => this.#form(this.#made.stored(index)));
    return { order, keys, bodies: Array.from(order, (index) => this.body(index, version)) };
  }

  /** Keys that lie among the stored ones and are not stored, in a random order. */
  absentKeys(seed: number): K[] {
    return Array.from(shuffled(this.entries, randomFrom(seed)), (index) => this.#form(this.#made.absent(index)));
  }

  /** Whole groups, in a random order. */
  runs(count: number, seed: number): Run<K>[] {
    const groups = shuffled(Math.floor(this.entries / groupEntries), randomFrom(seed)).subarray(0, count);
    return Array.from(groups, (group) => {
      const start = Uint8Array.from(this.#made.groupPrefix(group));
      const end = Uint8Array.from(start);
      end[end.length - 1] = (end.at(-1) as number) + 1;
      return { start: this.#form(start), end: this.#form(end) };
    });
  }

  /** As many operations as entries: 95 % gets, 5 % puts, of keys by Zipf's law; the hot keys are random. */
  mixed(version: number, seed: number): MixedOperations<K> {
    const random = randomFrom(seed);
    const uniform = (): number => random() / 2 ** 32;
    const places = shuffled(this.entries, random);
    const zipf = new Zipf(this.entries, zipfExponent);
    const chosen = Uint32Array.from({ length: this.entries }, () => places[zipf.rankOf(uniform())] as number);
    return {
      keys: Array.from(chosen, (index) => this.#form(this.#made.stored(index))),
      bodies: Array.from(chosen, (index) => this.body(index, version)),
      isPut: Uint8Array.from(chosen, () => (uniform() < putShare ? 1 : 0)),
    };
  }
}

/** The bytes of a key in the form of a peer. */
export const keyForms: { bytes(key: Uint8Array): Buffer; string(key: Uint8Array): string } = {
  // Not from Buffer's pool: a slice of it would keep 8 KiB alive, and hide the cost of a key.
  bytes: (key) => Buffer.from(Uint8Array.from(key).buffer),
  string: (key) => Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1'),
};

function makeBodies(valueBytes: number): Body[] {
  const random = randomFrom(4711);
  return Array.from({ length: bodiesMax }, (_, i) => {
    const bytes = Buffer.alloc(valueBytes + metaBytes);
    for (let at = 0; at < valueBytes; at += 1) bytes[at] = random();
    const meta = { watermark: BigInt(i) + 1_000_000n, cachedAtUs: 1_700_000_000_000_000n + BigInt(i) };
    bytes.writeBigUInt64LE(meta.watermark, valueBytes);
    bytes.writeBigInt64LE(meta.cachedAtUs, valueBytes + 8);
    return { value: Uint8Array.from(bytes.subarray(0, valueBytes)), meta, bytes };
  });
}
