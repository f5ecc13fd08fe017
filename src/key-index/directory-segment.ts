/**
 * One segment of the hash directory: a table with open addressing and linear probing in a flat array of words.
 *
 * Invariants:
 * 1. A slot is two words, a node's address and the hash of its key; address 0 marks an empty slot.
 * 2. Between the home of an entry, `hash` modulo the number of slots, and its slot there is no empty one.
 *    Removing moves later entries back instead of leaving a mark behind, so misses stay as short as they were.
 * 3. At least one slot is empty.
 */
export const SLOTS = 4096;

const SLOT_SHIFT = 1;
export const SLOT_WORDS: number = 1 << SLOT_SHIFT;
export const HASH_WORD = 1;
export const SEGMENT_BITS: number = Math.log2(SLOTS * SLOT_WORDS);
export const SEGMENT_WORDS: number = 1 << SEGMENT_BITS;

const OFFSET_MASK = SEGMENT_WORDS - 1;

/** Distance of an entry's first choice from the start of its segment. */
export function homeOffset(hash: number): number {
  return (hash << SLOT_SHIFT) & OFFSET_MASK;
}

/** The slot after `slot`, round the end of its segment. */
export function slotAfter(slot: number): number {
  return (slot & ~OFFSET_MASK) | ((slot + SLOT_WORDS) & OFFSET_MASK);
}

/** The segment a slot lies in. */
export function segmentOf(slot: number): number {
  return slot >>> SEGMENT_BITS;
}

/** The slot an entry with `hash` would take. */
export function emptySlot(words: Int32Array, segment: number, hash: number): number {
  let slot = (segment << SEGMENT_BITS) + homeOffset(hash);
  while (words[slot] !== 0) slot = slotAfter(slot);
  return slot;
}

/** Empties `slot` and closes the gap. */
export function vacateSlot(words: Int32Array, slot: number): void {
  let gap = slot;
  let next = slotAfter(slot);
  while (words[next] !== 0) {
    const hash = words[next + HASH_WORD] as number;
    const fromHome = (next - homeOffset(hash)) & OFFSET_MASK;
    const fromGap = (next - gap) & OFFSET_MASK;
    if (fromHome >= fromGap) {
      words[gap] = words[next] as number;
      words[gap + HASH_WORD] = hash;
      gap = next;
    }
    next = slotAfter(next);
  }
  words[gap] = 0;
}
