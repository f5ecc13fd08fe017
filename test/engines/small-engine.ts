import { PAGE_BYTES } from '../../src/log/record-memory.ts';
import { LogStore } from '../../src/store/log-store.ts';
import { type Engine, loadStore } from './engine-source.ts';
import type { SourceEdit } from './source-edit.ts';

const SMALL_PAGE_BYTES = 1024;
/** The smallest page cache that the store accepts. */
const PAGES_MIN = 8;

/**
 * The engine's thresholds divided by several hundred: pages of 1 KiB, compactions that start at 1 KiB of dead bytes and
 * proceed in steps of 64 bytes. So a store of a few records behaves like one of many megabytes, all its crash states
 * can be tried, and opening it costs a tenth. Only these numbers differ, and an asynchronous compaction waits for a
 * turn of the event loop instead of a millisecond.
 */
const SMALL_SIZES: Readonly<Record<string, number | string>> = {
  PAGE_BYTES: SMALL_PAGE_BYTES,
  SLAB_BYTES: 4096,
  READ_BYTES_MAX: 512,
  WRITE_BYTES_MAX: 512,
  DEAD_BYTES_MIN: 1024,
  PACE: 2,
  STEP_BYTES_MIN: 64,
  TURN_BYTES: 128,
  SYNC_BYTES: 1024,
  WRITE_BYTES: 256,
  PIECE_BYTES: 512,
  CHUNK_MOVES: 8,
  // Memory is allocated as needed: reserving address space would cost more than everything else.
  RESERVATIONS_BYTES: '[]',
  STEP_WORDS_MIN: 128,
  SLOTS: 16,
  PIECE_WORDS: 16,
  READ_PIECES: 2,
  RUN_PIECES: 8,
  EVERY_BYTES_MIN: 512,
  PAID_PIECES: 2,
  ENTRIES_PER_SPLIT_MIN: 4,
  GROUP_NODES_MAX: 8,
  LOADING_NODES_MAX: 32,
  LINKED_NODES: 4,
  SHARE_NODES: 4,
  FEW_NODES: 2,
  PUTS_MAX: 4,
  SINGLE_PIECES: 2,
  SPARED_BYTES: 256,
};

const SMALL: readonly SourceEdit[] = [
  ...Object.entries(SMALL_SIZES).map(([constant, value]) => ({ constant, value: String(value) })),
  { constant: 'CHUNK_BYTES', beside: 'RecordReader', value: '2048' },
  { constant: 'INITIAL_WORDS', beside: 'Arena', value: '128' },
  { constant: 'INITIAL_WORDS', beside: 'ChangeList', value: '32' },
  { constant: 'INITIAL_CHAINS', beside: 'ChangeList', value: '4' },
  { find: 'new Promise(($done) => setTimeout($done, 0))', replace: 'new Promise(($done) => setImmediate($done))' },
];

let small: Promise<Engine> | undefined;

/** The engine with small sizes, built once. */
export function smallEngine(): Promise<Engine> {
  small ??= smallEngineWith([]);
  return small;
}

/** The engine with small sizes and further edits. */
export async function smallEngineWith(edits: readonly SourceEdit[]): Promise<Engine> {
  return {
    LogStore: await loadStore([...SMALL, ...edits]),
    pageCacheBytes: PAGES_MIN * SMALL_PAGE_BYTES,
    nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

/** The unchanged engine of the sources. */
export const SHIPPED_ENGINE: Engine = {
  LogStore,
  pageCacheBytes: PAGES_MIN * PAGE_BYTES,
  nextTurn: () => new Promise((resolve) => setTimeout(resolve, 0)),
};
