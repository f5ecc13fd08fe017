import { PAGE_BYTES } from '../../src/log/page-pool.ts';
import { LogStore } from '../../src/store/log-store.ts';
import { constantEdit, type Engine, loadStore, type SourceEdit } from './engine-source.ts';

const SMALL_PAGE_BYTES = 1024;
/** The smallest page cache that the store takes. */
const PAGES_MIN = 8;

/**
 * The engine's thresholds divided by some hundreds: pages of 1 KiB, compactions that begin at 1 KiB of dead bytes and go
 * on in steps of 64 bytes. So a store of a few records goes through what one of many megabytes goes through, its states
 * can be gone through one by one, and opening it costs a tenth. Nothing but these numbers differs, and that a compaction
 * between turns of the event loop waits for a turn and not for a millisecond.
 */
const SMALL_SIZES: readonly SourceEdit[] = [
  constantEdit('log/page-pool.ts', 'PAGE_BYTES', String(SMALL_PAGE_BYTES)),
  constantEdit('log/record-reader.ts', 'CHUNK_BYTES', '2048'),
  constantEdit('log/result-slab.ts', 'SLAB_BYTES', '4096'),
  constantEdit('storage/file-transfer.ts', 'READ_BYTES_MAX', '512'),
  constantEdit('storage/file-transfer.ts', 'WRITE_BYTES_MAX', '512'),
  constantEdit('store/compaction-scheduler.ts', 'DEAD_BYTES_MIN', '1024'),
  constantEdit('store/compaction-scheduler.ts', 'PACE', '2'),
  constantEdit('store/compaction-scheduler.ts', 'STEP_BYTES_MIN', '64'),
  constantEdit('store/compaction-scheduler.ts', 'TURN_BYTES', '128'),
  constantEdit('store/compaction.ts', 'SYNC_BYTES', '1024'),
  constantEdit('store/compaction.ts', 'WRITE_BYTES', '256'),
  constantEdit('store/obsolete-generations.ts', 'PIECE_BYTES', '512'),
  constantEdit('store/relocation-undo-log.ts', 'CHUNK_MOVES', '8'),
  constantEdit('store/recovery/log-recovery.ts', 'PIECE_BYTES', '512'),
  {
    file: 'store/compaction-scheduler.ts',
    find: 'new Promise((resolve) => setTimeout(resolve, 0))',
    replace: 'new Promise((resolve) => setImmediate(resolve))',
  },
  // Memory is taken as it is needed: reserving address space would cost more than all of the rest.
  constantEdit('key-index/growable-words.ts', 'RESERVATIONS_BYTES', '[]'),
  constantEdit('key-index/growable-words.ts', 'STEP_WORDS_MIN', '128'),
  constantEdit('key-index/arena.ts', 'INITIAL_WORDS', '128'),
  constantEdit('key-index/directory-segment.ts', 'SLOTS', '16'),
  constantEdit('key-index/hash-directory.ts', 'ENTRIES_PER_SPLIT_MIN', '4'),
  constantEdit('key-index/pending-group.ts', 'GROUP_NODES_MAX', '8'),
  constantEdit('key-index/pending-group.ts', 'LOADING_NODES_MAX', '32'),
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
    LogStore: await loadStore([...SMALL_SIZES, ...edits]),
    pageCacheBytes: PAGES_MIN * SMALL_PAGE_BYTES,
    nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

/** The engine as it is. */
export const SHIPPED_ENGINE: Engine = {
  LogStore,
  pageCacheBytes: PAGES_MIN * PAGE_BYTES,
  nextTurn: () => new Promise((resolve) => setTimeout(resolve, 0)),
};
