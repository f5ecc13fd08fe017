import type { Arena } from './arena.ts';
import { ForwardCursor, type IndexCursor, type KeyInterval, ReverseCursor } from './index-cursor.ts';
import type { StateReader, StateWriter } from './index-image-sections.ts';
import { InsertBuffer } from './insert-buffer.ts';
import { compareNode, KeyWords } from './key-words.ts';
import { nextWord } from './node-layout.ts';
import { SkipList } from './skip-list.ts';

/**
 * So many nodes are touched together before they are linked: the processor fetches them at the same time, where linking
 * would wait for each. A large group takes two thirds of the time.
 */
const TOUCHED_NODES = 16;

/** Where to touch a node to get all of it for keys of up to 40 bytes: its lowest tower word, and most of a cache line on. */
const TOUCHED_WORD = 8;

/**
 * The nodes in key order: a skip list, and before it a group of new nodes that wait to be linked together. Whatever needs
 * the order links them first.
 *
 * Invariant: a node is linked in the list or waits in the group, never both.
 */
export class OrderedKeys {
  readonly #arena: Arena;
  readonly #list: SkipList;
  readonly #pending = new InsertBuffer();
  /** The key of the node that is being linked, or the bound that is being searched for. */
  readonly #key = new KeyWords();
  /** Means nothing; see `touch`. */
  touched = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#list = new SkipList(arena);
  }

  /** Adds a node with `key`, which no other node holds. */
  add(node: number, key: KeyWords): void {
    // Ascending keys need no search, so they need not wait either.
    if (this.#list.isAfterLast(key)) {
      this.#list.append(node);
      return;
    }
    this.#pending.add(this.#arena.words, node);
    if (!this.#pending.makeRoom()) this.linkPending();
  }

  /** Runs `work`, which adds many nodes: they wait in larger groups meanwhile, and for longer. */
  load(work: () => void): void {
    this.#pending.beginLoading();
    try {
      work();
    } finally {
      this.linkPending();
      this.#pending.endLoading();
    }
  }

  /** Removes the node that holds `key`; its words are left alone. */
  remove(node: number, key: KeyWords): void {
    const words = this.#arena.words;
    if (InsertBuffer.holds(words, node)) {
      this.#pending.remove(words, node);
      return;
    }
    this.#list.seek(key);
    this.#list.unlink(node);
    this.#list.trim();
  }

  /** Removes the nodes of the interval in one walk and hands each to `discard`, which may free it. */
  removeRun(interval: KeyInterval, discard: (node: number) => void): void {
    this.linkPending();
    const upper = upperBound(interval);
    this.#key.load(interval.lower, 0, interval.lower.length);
    const words = this.#arena.words;
    let node = this.#list.seek(this.#key);
    while (node !== 0 && (upper === undefined || compareNode(words, node, upper) < 0)) {
      const next = words[nextWord(node, 0)] as number;
      this.#list.unlink(node);
      discard(node);
      node = next;
    }
    this.#list.trim();
  }

  cursor(interval: KeyInterval, reverse: boolean): IndexCursor {
    this.linkPending();
    return reverse
      ? new ReverseCursor(this.#arena, this.#list, interval)
      : new ForwardCursor(this.#arena, this.#list, interval);
  }

  /** Links the nodes that wait. */
  linkPending(): void {
    const count = this.#pending.count;
    if (count === 0) return;
    const words = this.#arena.words;
    const nodes = this.#pending.takeSorted(words);
    for (let i = 0; i < count; i += 1) {
      if (i % TOUCHED_NODES === 0) this.touched ^= touch(words, nodes, i, Math.min(i + TOUCHED_NODES, count));
      const node = nodes[i] as number;
      this.#key.loadNode(words, node);
      if (i === 0) this.#list.seek(this.#key);
      else this.#list.seekOnward(this.#key);
      this.#list.link(node);
    }
  }

  /** Forgets every node. */
  reset(): void {
    this.#list.reset();
    this.#pending.reset();
  }

  /** What `restore` needs, apart from the arena. Nothing may wait. */
  save(state: StateWriter): void {
    this.#list.save(state);
  }

  restore(state: StateReader): void {
    this.#list.restore(state);
  }
}

/** Reads from each of `nodes[start..end)`. The result means nothing; without one the reading would be optimized away. */
function touch(words: Int32Array, nodes: Int32Array, start: number, end: number): number {
  let touched = 0;
  const last = words.length - 1;
  for (let i = start; i < end; i += 1) {
    const node = nodes[i] as number;
    touched ^= (words[nextWord(node, 0)] as number) ^ (words[Math.min(node + TOUCHED_WORD, last)] as number);
  }
  return touched;
}

function upperBound(interval: KeyInterval): KeyWords | undefined {
  if (interval.upper === undefined) return undefined;
  const upper = new KeyWords();
  upper.load(interval.upper, 0, interval.upper.length);
  return upper;
}
