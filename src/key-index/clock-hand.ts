import type { Arena } from './arena.ts';
import type { HashDirectory } from './hash-directory.ts';
import { KeyWords } from './key-words.ts';
import { addUse, dropUse, isHeld, NO_NODE, type NodeAddress, setHeld, usesOf } from './node-layout.ts';
import { SLOT_WORDS } from './slot-layout.ts';

/** The most nodes examined for one victim: no call pays for a whole round if every node was used. */
const CANDIDATES_MAX = 64;
/** Slots examined after a victim was found: most are empty in a directory that was once much fuller. */
const SLOTS_MAX = 4096;

/**
 * Chooses the node to evict: CLOCK (Corbató, "A paging experiment with the Multics system") with a count of two bits
 * instead of one, in the order of the slots of the hash directory. The hand passes a node that was used and lowers its
 * count; the first unused node is the victim. The order of hashes is not the order of arrival: the hand reaches a new node
 * after half a round on average, and a key that was used once is evicted before one that was used again.
 *
 * Invariants:
 * 1. `#slot` is the slot that was examined last, or the end of the directory.
 * 2. The hand moves downward: a removal moves later entries back, and those were examined already.
 * 3. Counts are in the header words of the nodes: they need no memory and are in the index image. The hand is not in the
 *    image and starts at a random slot.
 */
export class ClockHand {
  readonly #arena: Arena;
  readonly #directory: HashDirectory;
  readonly #random: () => number;
  readonly #key = new KeyWords();
  #slot: number | undefined;

  constructor(arena: Arena, directory: HashDirectory, random: () => number) {
    this.#arena = arena;
    this.#directory = directory;
    this.#random = random;
  }

  /** Counts a use of a node. */
  use(node: NodeAddress): void {
    this.#arena.snapshot?.before(node, node + 1);
    addUse(this.#arena.words, node);
  }

  /** Excludes a node from eviction until `release`. Returns false if it is excluded already. */
  hold(node: NodeAddress): boolean {
    const words = this.#arena.words;
    if (isHeld(words, node)) return false;
    this.#arena.snapshot?.before(node, node + 1);
    setHeld(words, node, true);
    return true;
  }

  /** Ends a `hold`. */
  release(node: NodeAddress): void {
    this.#arena.snapshot?.before(node, node + 1);
    setHeld(this.#arena.words, node, false);
  }

  /** A copy of the key of a node. */
  keyOf(node: NodeAddress): Uint8Array {
    this.#key.loadNode(this.#arena.words, node);
    return this.#key.toBytes();
  }

  /** The next node to evict; `NO_NODE` if all are held. The caller removes it: otherwise it may be returned again. */
  next(): NodeAddress {
    const words = this.#arena.words;
    const end = this.#directory.slotsEnd;
    let slot = Math.min(this.#slot ?? this.#begin(end), end);
    let victim = NO_NODE;
    let victimUses = Number.POSITIVE_INFINITY;
    let candidates = 0;
    for (let left = end; left > 0 && candidates < CANDIDATES_MAX && victimUses > 0; left -= SLOT_WORDS) {
      if (victim !== NO_NODE && end - left > SLOTS_MAX * SLOT_WORDS) break;
      slot = (slot === 0 ? end : slot) - SLOT_WORDS;
      const node = this.#directory.nodeAt(slot) as NodeAddress;
      if (node === NO_NODE || isHeld(words, node)) continue;
      candidates += 1;
      const uses = usesOf(words, node);
      if (uses < victimUses) {
        victim = node;
        victimUses = uses;
      }
      if (uses === 0) continue;
      this.#arena.snapshot?.before(node, node + 1);
      dropUse(words, node);
    }
    this.#slot = slot;
    return victim;
  }

  #begin(end: number): number {
    const slots = end / SLOT_WORDS;
    return Math.floor((this.#random() / 2 ** 32) * slots) * SLOT_WORDS;
  }
}
