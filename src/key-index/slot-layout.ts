/**
 * The layout of the slots of the hash directory, in 32-bit words. A slot has three: the address of a node, 0 in an empty
 * slot; the hash of its key; and a copy of its location. The slots of segment s begin at `s * SEGMENT_WORDS`.
 */

/** Slots of a segment, a power of two. */
export const SLOTS = 4096;

/** Position of a slot in the words of the directory. */
export type SlotAddress = number & { readonly brand: 'SlotAddress' };

export const NO_SLOT: SlotAddress = -1 as SlotAddress;

export const SLOT_WORDS = 3;
export const HASH_WORD = 1;
export const COPY_WORD = 2;
export const SEGMENT_WORDS: number = SLOTS * SLOT_WORDS;
