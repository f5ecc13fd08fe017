import type { Arena } from './arena.ts';
import type { HashDirectory } from './hash-directory.ts';
import { SLOT_WORDS } from './hash-directory.ts';
import { KeyWords } from './key-words.ts';
import { addUse, isHeld, NO_NODE, type NodeAddress, setHeld, takeUse, usesOf } from './node-layout.ts';

/** Nodes looked at for one victim at the most, so that no call pays for a whole round where everything was used. */
const CANDIDATES_MAX = 64;
/** And slots, once there is a victim at all: in a directory that was much fuller once most of them are empty. */
const SLOTS_MAX = 4096;

/**
 * Chooses what to give up: CLOCK (Corbató, "A paging experiment with the Multics system") with a count of two bits in place
 * of one, in the order of the hash directory. A node that was used is passed by and loses one use; the first unused one is
 * the victim. The order of hashes has nothing to do with the order of arrival, so what is new waits half a round on average
 * before it must have been used, and keys that are used once go before those that are used again.
 *
 * Invariants:
 * 1. `#slot` is a slot of the directory that was looked at last, or where the directory ends.
 * 2. It moves downward: removing an entry moves later ones back, and those were looked at already.
 * 3. Counts lie in the nodes' header words, so they cost no memory and are in the index image; the hand is not, and begins
 *    anywhere.
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
    addUse(this.#arena.words, node);
  }

  /** Keeps a node from being chosen; whether it was not kept before. */
  hold(node: NodeAddress): boolean {
    const words = this.#arena.words;
    if (isHeld(words, node)) return false;
    setHeld(words, node, true);
    return true;
  }

  /** Lets a node be chosen again. */
  release(node: NodeAddress): void {
    setHeld(this.#arena.words, node, false);
  }

  /** A copy of the key of a node. */
  keyOf(node: NodeAddress): Uint8Array {
    this.#key.loadNode(this.#arena.words, node);
    return this.#key.toBytes();
  }

  /** The node to give up next, 0 where there is none that is not held. The caller removes it, or may be given it again. */
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
      if (uses > 0) takeUse(words, node);
    }
    this.#slot = slot;
    return victim;
  }

  #begin(end: number): number {
    const slots = end / SLOT_WORDS;
    return Math.floor((this.#random() / 2 ** 32) * slots) * SLOT_WORDS;
  }
}
