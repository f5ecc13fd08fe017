import type { Arena } from './arena.ts';
import { ForwardCursor, type IndexCursor, type KeyInterval, ReverseCursor } from './index-cursor.ts';
import type { StateReader, StateWriter } from './index-image-sections.ts';
import { InsertBuffer } from './insert-buffer.ts';
import { KeyWords } from './key-words.ts';
import { nextWord } from './node-layout.ts';
import { SkipList } from './skip-list.ts';

/**
 * So many nodes are linked together. They are read first: the processor fetches them in parallel, while linking would wait for
 * each. In a load of a million keys, portions of 32 or 64 were no faster, and make the puts that pay for them slower.
 */
const LINKED_NODES = 16;

/** The same, if a put links more because an image is due: some tens of microseconds. */
const SHARE_NODES = 256;

/** So few nodes that an operation which needs the order may link all of them: less than a millisecond. */
const FEW_NODES = 1024;

/** The most nodes of a run that are discarded together. */
const RUN_NODES = 16;

/** The second word of a node that is read. With the lowest tower word, it fetches a whole node of a key up to 40 bytes. */
const TOUCHED_WORD = 8;

/** How many nodes are in a group, and how many of them are linked together. */
export interface LinkingSizes {
  readonly groupNodesMax?: number;
  readonly linkedNodes?: number;
}

/**
 * The nodes in key order: a skip list, and a buffer of new nodes that are linked in sorted groups, a few with each key that
 * is added later. An operation that needs the order links all of them first.
 *
 * Invariant: a node is either linked in the list or in the buffer.
 */
export class OrderedKeys {
  readonly #arena: Arena;
  readonly #list: SkipList;
  readonly #buffer: InsertBuffer;
  readonly #linkedNodes: number;
  /** The key of the node that is being linked, or the bound that is searched for. */
  readonly #key = new KeyWords();
  /** The end of the run that is being removed. */
  readonly #upper = new KeyWords();
  readonly #run = new Int32Array(RUN_NODES);
  /** Without meaning: keeps the reads of `touch`. */
  touched = 0;

  /** `sizes` is for tests. */
  constructor(arena: Arena, sizes: LinkingSizes = {}) {
    this.#arena = arena;
    this.#list = new SkipList(arena);
    this.#buffer = new InsertBuffer(sizes.groupNodesMax);
    this.#linkedNodes = sizes.linkedNodes ?? LINKED_NODES;
  }

  /** Adds a node. No other node has its key, which is `key`. */
  add(node: number, key: KeyWords): void {
    // Ascending keys need no search: they are linked at once.
    if (this.#list.isAfterLast(key)) {
      this.#list.append(node);
      return;
    }
    this.#buffer.add(this.#arena.words, node);
    // Half a group of new keys pays for a whole one, so no more nodes wait than are in one group.
    if (this.#buffer.left > 0 && this.#buffer.collected % (this.#linkedNodes / 2) === 0) this.#link(this.#linkedNodes);
    if (!this.#buffer.makeRoom()) this.#beginGroup();
  }

  /** Runs `work`, which adds many nodes, with a larger buffer. */
  load(work: () => void): void {
    this.#buffer.beginLoading();
    try {
      work();
    } finally {
      this.linkBuffered();
      this.#buffer.endLoading();
    }
  }

  /** Removes a node; `key` is its key. Its words do not change. */
  remove(node: number, key: KeyWords): void {
    const words = this.#arena.words;
    if (InsertBuffer.holds(words, node)) {
      this.#buffer.remove(words, node, key);
      return;
    }
    this.#list.seek(key);
    this.#list.unlink(node);
  }

  /** Removes the nodes of an interval and passes them to `discard`, which may free them, up to `RUN_NODES` at a time. */
  removeRun({ lower, upper }: KeyInterval, discard: (nodes: Int32Array, count: number) => void): void {
    this.linkBuffered();
    this.#key.load(lower, 0, lower.length);
    if (upper !== undefined) this.#upper.load(upper, 0, upper.length);
    let node = this.#list.cut(this.#key, upper === undefined ? undefined : this.#upper);
    const words = this.#arena.words;
    const nodes = this.#run;
    while (node !== 0) {
      let count = 0;
      for (; node !== 0 && count < RUN_NODES; count += 1) {
        nodes[count] = node;
        node = words[nextWord(node, 0)] as number;
      }
      discard(nodes, count);
    }
  }

  /** A cursor before the first key of the interval, or with `reverse` after its last one. */
  cursor(interval: KeyInterval, reverse: boolean): IndexCursor {
    this.linkBuffered();
    return reverse
      ? new ReverseCursor(this.#arena, this.#list, interval)
      : new ForwardCursor(this.#arena, this.#list, interval);
  }

  /** Links a share of the nodes of the buffer. Returns whether so few are left that all of them can be linked at once. */
  linkShare(): boolean {
    if (this.#buffer.left === 0 && this.#buffer.collected > FEW_NODES) this.#beginGroup();
    this.#link(SHARE_NODES);
    return this.#buffer.left + this.#buffer.collected <= FEW_NODES;
  }

  /** Links all nodes of the buffer. */
  linkBuffered(): void {
    this.#linkGroup();
    if (this.#buffer.collected > 0) this.#beginGroup();
    this.#linkGroup();
  }

  #beginGroup(): void {
    // Puts have linked all of the last one, but for a buffer that has no memory to grow.
    this.#linkGroup();
    this.#buffer.beginGroup(this.#arena.words);
  }

  #linkGroup(): void {
    if (this.#buffer.left > 0) this.#link(this.#buffer.left);
  }

  /** Links `count` nodes of the group, or all that are left. */
  #link(count: number): void {
    const words = this.#arena.words;
    const nodes = this.#buffer.take(count);
    for (let i = 0; i < nodes.length; i += 1) {
      if (i % LINKED_NODES === 0) this.touched ^= touch(words, nodes, i, Math.min(i + LINKED_NODES, nodes.length));
      const node = nodes[i] as number;
      this.#key.loadNode(words, node);
      // Other operations may have moved the finger since the last linking.
      if (i > 0 || this.#list.isFingerBefore(this.#key)) this.#list.seekOnward(this.#key);
      else this.#list.seek(this.#key);
      this.#list.link(node);
    }
  }

  /** Forgets every node. */
  reset(): void {
    this.#list.reset();
    this.#buffer.reset();
  }

  /** Saves what `restore` needs besides the arena. The buffer must be empty. */
  save(state: StateWriter): void {
    this.#list.save(state);
  }

  restore(state: StateReader): void {
    this.#list.restore(state);
  }
}

/** Reads from each of `nodes[start..end)`. The result has no meaning: it keeps the reads from being optimised away. */
function touch(words: Int32Array, nodes: Int32Array, start: number, end: number): number {
  let touched = 0;
  const last = words.length - 1;
  for (let i = start; i < end; i += 1) {
    const node = nodes[i] as number;
    touched ^= (words[nextWord(node, 0)] as number) ^ (words[Math.min(node + TOUCHED_WORD, last)] as number);
  }
  return touched;
}
