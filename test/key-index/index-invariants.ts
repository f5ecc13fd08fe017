import { type IndexImageSections, StateReader } from '../../src/key-index/index-image-sections.ts';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import { halfSipHash13, KeyWords } from '../../src/key-index/key-words.ts';
import {
  HEIGHT_MAX,
  heightOf,
  keyBytesOf,
  LOCATION_WORD,
  nextWord,
  nodeWordCount,
  UNITS_WORD,
} from '../../src/key-index/node-layout.ts';
import { LIST_WORDS } from '../../src/key-index/skip-list.ts';
import { SEGMENT_WORDS, SLOT_WORDS } from '../../src/key-index/slot-layout.ts';

const HEAD = HEIGHT_MAX + 1;
const SMALL_BLOCKS = 64;
const FIELDS = 3;

/** The fields of the state section, in the order in which they are written. */
interface IndexState {
  readonly hashKey0: number;
  readonly hashKey1: number;
  readonly size: number;
  readonly recordUnits: number;
  readonly levels: number;
  readonly tails: Int32Array;
  readonly end: number;
  /** First block and size of each free list. */
  readonly freeLists: readonly (readonly [block: number, wordCount: number])[];
  readonly rootDepth: number;
  readonly root: Int32Array;
  readonly table: Int32Array;
}

function readState(words: Int32Array): IndexState {
  const reader = new StateReader(words);
  reader.next();
  const hashKey0 = reader.next();
  const hashKey1 = reader.next();
  const size = reader.next();
  const recordUnits = (reader.next() >>> 0) + (reader.next() >>> 0) * 2 ** 32;
  const levels = reader.next();
  const tails = reader.take(HEIGHT_MAX);
  const end = reader.next();
  const freeLists: [number, number][] = [];
  for (const [wordCount, block] of reader.take(SMALL_BLOCKS).entries()) {
    if (block !== 0) freeLists.push([block, wordCount]);
  }
  for (let left = reader.next(); left > 0; left -= 1) {
    const wordCount = reader.next();
    freeLists.push([reader.next(), wordCount]);
  }
  const rootDepth = reader.next();
  const root = reader.take(1 << rootDepth);
  const table = reader.take(reader.next() * FIELDS);
  reader.finish();
  return { hashKey0, hashKey1, size, recordUnits, levels, tails, end, freeLists, rootDepth, root, table };
}

/**
 * The violated invariants of an index; empty if all hold:
 * 1. Level 0 is in strictly ascending byte order.
 * 2. Each level holds exactly the nodes that are high enough, in the same order; the highest level in use is not empty.
 * 3. The tails are the last nodes of their levels.
 * 4. Nodes and free blocks cover the arena without gap or overlap.
 * 5. The directory holds each linked node once, under the hash of its key, in the segment the root names for it, with
 *    no empty slot between its home and its slot; the segments count their entries and know their depth.
 * 6. `size` and `recordUnits` agree with the nodes; an index without entries has no blocks.
 *
 * The check links the nodes that wait to be linked.
 */
export function indexFaults(index: Pick<KeyIndex, 'sections' | 'size' | 'recordUnits'>): string[] {
  const sections = index.sections();
  const state = readState(sections.state);
  const nodes = levelNodes(sections.arena, 0);
  return [
    ...orderFaults(sections.arena, nodes),
    ...levelFaults(sections.arena, state, nodes),
    ...blockFaults(sections.arena, state, nodes),
    ...directoryFaults(sections, state, nodes),
    ...sumFaults(index, sections.arena, state, nodes),
  ];
}

function levelNodes(arena: Int32Array, level: number): number[] {
  const nodes: number[] = [];
  for (let node = arena[nextWord(HEAD, level)] as number; node !== 0; node = arena[nextWord(node, level)] as number) {
    nodes.push(node);
    if (nodes.length > arena.length) throw new Error(`level ${level} is a ring`);
  }
  return nodes;
}

function keyOf(arena: Int32Array, node: number): KeyWords {
  const key = new KeyWords();
  key.loadNode(arena, node);
  return key;
}

function orderFaults(arena: Int32Array, nodes: readonly number[]): string[] {
  const keys = nodes.map((node) => keyOf(arena, node).toBytes());
  const wrong = keys.findIndex((key, i) => i > 0 && Buffer.compare(keys[i - 1] as Uint8Array, key) >= 0);
  return wrong < 0 ? [] : [`1: key ${wrong} is not above the one before`];
}

function levelFaults(arena: Int32Array, state: IndexState, nodes: readonly number[]): string[] {
  const faults: string[] = [];
  for (let level = 0; level < HEIGHT_MAX; level += 1) {
    const linked = levelNodes(arena, level);
    const high = nodes.filter((node) => heightOf(arena, node) > level);
    if (linked.join() !== high.join()) faults.push(`2: level ${level} links ${linked}, not ${high}`);
    if (level >= state.levels && linked.length > 0) faults.push(`2: level ${level} is in use`);
    if (level > 0 && level === state.levels - 1 && linked.length === 0) faults.push(`2: level ${level} is empty`);
    if (state.tails[level] !== (linked.at(-1) ?? HEAD)) faults.push(`3: the tail of level ${level}`);
  }
  return faults;
}

function blockFaults(arena: Int32Array, state: IndexState, nodes: readonly number[]): string[] {
  const blocks = nodes.map((node): [number, number] => {
    const height = heightOf(arena, node);
    return [node - height, nodeWordCount(keyBytesOf(arena, node), height)];
  });
  for (const [first, wordCount] of state.freeLists) {
    for (let block = first; block !== 0; block = arena[block] as number) {
      blocks.push([block, wordCount]);
      if (blocks.length > arena.length) return [`4: the free list of ${wordCount} words is a ring`];
    }
  }
  blocks.sort(([left], [right]) => left - right);
  let at = LIST_WORDS;
  for (const [block, wordCount] of blocks) {
    if (block !== at) return [`4: a block at ${block}, not ${at}`];
    at += wordCount;
  }
  return at === state.end ? [] : [`4: the blocks end at ${at}, not ${state.end}`];
}

function directoryFaults(sections: IndexImageSections, state: IndexState, nodes: readonly number[]): string[] {
  const faults: string[] = [];
  const entries: number[] = [];
  for (let segment = 0; segment * FIELDS < state.table.length; segment += 1) {
    const held = segmentEntries(sections, state, segment, faults);
    if (held.length !== state.table[segment * FIELDS + 1]) faults.push(`5: segment ${segment} miscounts`);
    const names = state.root.filter((named) => named === segment).length;
    const depth = state.table[segment * FIELDS] as number;
    if (names !== 2 ** (state.rootDepth - depth)) faults.push(`5: segment ${segment} has ${names} names`);
    entries.push(...held);
  }
  const ascending = (left: number, right: number): number => left - right;
  if (entries.sort(ascending).join() !== [...nodes].sort(ascending).join()) faults.push('5: other nodes than the list');
  return faults;
}

function segmentEntries(sections: IndexImageSections, state: IndexState, segment: number, faults: string[]): number[] {
  const { arena, directory } = sections;
  const start = segment * SEGMENT_WORDS;
  const held: number[] = [];
  for (let offset = 0; offset < SEGMENT_WORDS; offset += SLOT_WORDS) {
    const node = directory[start + offset] as number;
    if (node === 0) continue;
    held.push(node);
    const key = keyOf(arena, node);
    const hash = halfSipHash13(key.words, key.count, key.byteLength, state.hashKey0, state.hashKey1);
    if (directory[start + offset + 1] !== hash) faults.push(`5: hash of node ${node}`);
    if (state.root[hash >>> (32 - state.rootDepth)] !== segment) faults.push(`5: segment of node ${node}`);
    if (directory[start + offset + 2] !== arena[node + LOCATION_WORD]) faults.push(`5: location of node ${node}`);
    const home = (hash & (SEGMENT_WORDS / SLOT_WORDS - 1)) * SLOT_WORDS;
    for (let at = home; at !== offset; at = (at + SLOT_WORDS) % SEGMENT_WORDS) {
      if (directory[start + at] === 0) faults.push(`5: a gap before node ${node}`);
    }
  }
  return held;
}

function sumFaults(
  index: Pick<KeyIndex, 'size' | 'recordUnits'>,
  arena: Int32Array,
  state: IndexState,
  nodes: readonly number[],
): string[] {
  const faults: string[] = [];
  const units = nodes.reduce((sum, node) => sum + (arena[node + UNITS_WORD] as number), 0);
  if (nodes.length !== state.size || index.size !== state.size) faults.push(`6: size ${state.size}`);
  if (units !== state.recordUnits || index.recordUnits !== units) faults.push(`6: units ${state.recordUnits}`);
  if (nodes.length === 0 && state.end !== LIST_WORDS) faults.push('6: blocks without entries');
  return faults;
}
