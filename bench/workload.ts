import type { CacheMeta } from '../src/index.ts';

export const keyBytes = 32;
/** The keys of one group are consecutive and share a prefix. */
export const groupEntries = 100;

const commonPrefix = 'projections/orders/';
const groupDigits = 8;
const itemDigits = 4;
const groupOffset: number = commonPrefix.length;
const itemOffset: number = groupOffset + groupDigits + 1;
/** Items from here on are never stored. */
const firstAbsentItem = 0x8000;
const hexadecimal: Uint8Array = Buffer.from('0123456789abcdef');

/** Keys of 32 bytes such as `projections/orders/0000012c/0007`. Each is valid until the next one is requested. */
export class Keys {
  readonly #bytes: Uint8Array = Buffer.from(`${commonPrefix}${'0'.repeat(groupDigits)}/${'0'.repeat(itemDigits)}`);
  readonly #prefix: Uint8Array = this.#bytes.subarray(0, itemOffset);

  /** The key of entry `index`. */
  stored(index: number): Uint8Array {
    const group = Math.floor(index / groupEntries);
    return this.#key(group, index - group * groupEntries);
  }

  /** A key that sorts among the others and is not stored. */
  absent(index: number): Uint8Array {
    const group = Math.floor(index / groupEntries);
    return this.#key(group, firstAbsentItem + index - group * groupEntries);
  }

  /** The prefix that exactly the keys of a group have. */
  groupPrefix(group: number): Uint8Array {
    writeDigits(this.#bytes, groupOffset, groupDigits, group);
    return this.#prefix;
  }

  #key(group: number, item: number): Uint8Array {
    writeDigits(this.#bytes, groupOffset, groupDigits, group);
    writeDigits(this.#bytes, itemOffset, itemDigits, item);
    return this.#bytes;
  }
}

function writeDigits(target: Uint8Array, offset: number, digits: number, number: number): void {
  let rest = number;
  for (let i = offset + digits - 1; i >= offset; i -= 1) {
    target[i] = hexadecimal[rest & 15] as number;
    rest >>>= 4;
  }
}

/** Values of one length that differ from one another. Each is valid until the next one is requested. */
export class Values {
  readonly #bytes: Uint8Array;
  readonly meta: CacheMeta = { watermark: 507n, cachedAtUs: 1_700_000_000_000_000n };

  constructor(length: number, random: () => number) {
    this.#bytes = Uint8Array.from({ length }, () => random() & 0xff);
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The value of entry `index` in round `round`. */
  of(index: number, round: number): Uint8Array {
    const bytes = this.#bytes;
    bytes[0] = index;
    bytes[1] = index >>> 8;
    bytes[2] = index >>> 16;
    bytes[3] = round;
    return bytes;
  }
}

/** The numbers below `count` in a random order that is the same for the same `random`. */
export function shuffled(count: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor((random() / 2 ** 32) * (last + 1));
    const held = order[last] as number;
    order[last] = order[other] as number;
    order[other] = held;
  }
  return order;
}

/** Uniform numbers of 32 bits: Marsaglia's xorshift32. `seed` must not be 0. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
