/**
 * One segment of the hash directory: a table with open addressing and linear probing in a flat array of words.
 *
 * Invariants:
 * 1. A slot is three words: a node's address, the hash of its key and a copy of its location; address 0 marks an empty one.
 * 2. Between the home of an entry, `hash` modulo the number of slots, and its slot there is no empty one.
 *    Removing moves later entries back instead of leaving a mark behind, so misses stay as short as they were.
 * 3. At least one slot is empty.
 */
export const SLOTS = 4096;

/** Position of a slot in the words of the directory. */
export type SlotAddress = number & { readonly brand: 'SlotAddress' };

export const NO_SLOT: SlotAddress = -1 as SlotAddress;

export const SLOT_WORDS = 3;
export const HASH_WORD = 1;
export const COPY_WORD = 2;
export const SEGMENT_WORDS: number = SLOTS * SLOT_WORDS;

const SLOT_MASK = SLOTS - 1;

/** The first choice of an entry in the segment that begins at `start`. */
export function homeSlot(start: number, hash: number): number {
  return start + (hash & SLOT_MASK) * SLOT_WORDS;
}

/** The slot after `slot`, round the end of the segment that begins at `start`. */
export function slotAfter(slot: number, start: number): number {
  const next = slot + SLOT_WORDS;
  return next === start + SEGMENT_WORDS ? start : next;
}

/** The segment a slot lies in. */
export function segmentOf(slot: number): number {
  return Math.floor(slot / SEGMENT_WORDS);
}

/** The slot an entry with `hash` would take. */
export function emptySlot(words: Int32Array, segment: number, hash: number): number {
  const start = segment * SEGMENT_WORDS;
  let slot = homeSlot(start, hash);
  while (words[slot] !== 0) slot = slotAfter(slot, start);
  return slot;
}

/** Empties `slot` and closes the gap. */
export function vacateSlot(words: Int32Array, slot: number): void {
  const start = segmentOf(slot) * SEGMENT_WORDS;
  let gap = slot;
  let next = slotAfter(slot, start);
  while (words[next] !== 0) {
    const hash = words[next + HASH_WORD] as number;
    if (distance(homeSlot(start, hash), next) >= distance(gap, next)) {
      words[gap] = words[next] as number;
      words[gap + HASH_WORD] = hash;
      words[gap + COPY_WORD] = words[next + COPY_WORD] as number;
      gap = next;
    }
    next = slotAfter(next, start);
  }
  words[gap] = 0;
}

/** Words from one slot of a segment onward to another. */
function distance(from: number, to: number): number {
  return to >= from ? to - from : to - from + SEGMENT_WORDS;
}
