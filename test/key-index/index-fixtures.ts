import { ALL_KEYS, type KeyInterval } from '../../src/key-index/index-cursor.ts';
import type { IndexImageSections } from '../../src/key-index/index-image-sections.ts';
import { PIECE_WORDS } from '../../src/key-index/index-image-sections.ts';
import type { IndexPieces } from '../../src/key-index/index-pieces.ts';
import { KeyIndex } from '../../src/key-index/key-index.ts';
import { halfSipHash13, KeyWords } from '../../src/key-index/key-words.ts';
import type { LinkingSizes } from '../../src/key-index/ordered-keys.ts';
import { PendingIndex } from '../../src/key-index/pending-index.ts';
import { seededRandom } from '../../src/testing/index.ts';

export function seededIndex(seed = 1, sizes?: LinkingSizes): KeyIndex {
  return new KeyIndex(seededRandom(seed), sizes);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** `count` distinct keys of 32 bytes in random order: twelve shared bytes, then twenty random ones. */
export function randomKeys(count: number, seed = 7): Uint8Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const key = new Uint8Array(32).fill(0x61, 0, 12);
    for (let at = 12; at < key.length; at += 1) key[at] = random();
    return key;
  });
}

/** Two texts of one length that have the same hash, if both halves of the hash key are `half`. */
export function pairOfEqualHash(half: number): readonly [string, string] {
  const words = new KeyWords();
  const seen = new Map<number, string>();
  for (let number = 0; ; number += 1) {
    const name = `key ${number}`;
    const key = utf8(name);
    words.load(key, 0, key.length);
    const hash = halfSipHash13(words.words, words.count, words.byteLength, half, half);
    const other = seen.get(hash);
    if (other !== undefined && other.length === name.length) return [other, name];
    seen.set(hash, name);
  }
}

export function sortedKeys(keys: readonly Uint8Array[]): Uint8Array[] {
  return [...keys].sort((left, right) => Buffer.compare(left, right));
}

export function keysOf(index: KeyIndex, interval: KeyInterval = ALL_KEYS, reverse = false): Uint8Array[] {
  const cursor = index.cursor(interval, reverse);
  const keys: Uint8Array[] = [];
  while (cursor.next() !== 0) keys.push(cursor.key());
  return keys;
}

export function textsOf(index: KeyIndex, interval: KeyInterval = ALL_KEYS, reverse = false): string[] {
  return keysOf(index, interval, reverse).map(text);
}

/** An image of sections in memory, each piece of which is sound. */
export function imageOf({ state, arena, directory }: IndexImageSections): IndexPieces {
  return {
    state,
    arenaWords: arena.length,
    directoryWords: directory.length,
    read: (section, piece, target) => {
      const words = section === 'arena' ? arena : directory;
      target.set(words.subarray(piece * PIECE_WORDS, piece * PIECE_WORDS + target.length));
      return true;
    },
    close: () => {},
  };
}

/** The index that was saved as `sections`, all of it in memory. */
export function restored(sections: IndexImageSections, random: () => number): KeyIndex {
  const rebuild = (): never => {
    throw new Error('a sound image needs no replay');
  };
  const index = PendingIndex.open(imageOf(sections), rebuild, random);
  index.pending?.complete();
  return index;
}
