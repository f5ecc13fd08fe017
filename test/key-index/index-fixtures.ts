import { ALL_KEYS, type KeyInterval } from '../../src/key-index/index-cursor.ts';
import { KeyIndex } from '../../src/key-index/key-index.ts';
import { seededRandom } from '../../src/testing/index.ts';

export function seededIndex(seed = 1): KeyIndex {
  return new KeyIndex(seededRandom(seed));
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
