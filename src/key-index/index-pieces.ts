import type { Later } from '../base/background-timer.ts';
import type { KeyInterval } from './index-cursor.ts';
import type { PiecedSection } from './index-image-sections.ts';

/** An image of an index: its state is at hand, the pieces of the other sections are read when they are needed. */
export interface IndexPieces {
  readonly state: Int32Array;
  /** The length of the arena in words. */
  readonly arenaWords: number;
  /** The length of the directory in words. */
  readonly directoryWords: number;
  /** Fills `target` with consecutive pieces. Returns false if one is damaged. Throws what the storage throws. */
  read(section: PiecedSection, piece: number, target: Int32Array): boolean;
  /**
   * Reads `count` consecutive pieces off the thread; `undefined` if one of them is damaged. Absent where reading never waits.
   */
  readonly readAsync?:
    | ((section: PiecedSection, piece: number, count: number) => Promise<Int32Array | undefined>)
    | undefined;
  /** Ends reading. */
  close(): void;
}

/** Builds an index from its log, in `index`, which is empty, because of `cause`. Throws what the storage throws. */
export type IndexRebuild = (index: IndexContents, cause: unknown) => void;

/** The changes of an index by which a log builds it. */
export interface IndexContents {
  put(key: Uint8Array, location: number, units: number, start?: number, end?: number): void;
  remove(key: Uint8Array, start?: number, end?: number): void;
  removeInterval(interval: KeyInterval): unknown;
  clear(): void;
  load(work: () => void): void;
}

/** The location of the record of a key, and its size in units. */
export interface RecordPlace {
  readonly location: number;
  readonly units: number;
}

/** What is left of an index in its image. */
export interface PendingParts {
  /** The place of the record of `key`, or `undefined`; reads only a few pieces. */
  lookup(key: Uint8Array): RecordPlace | undefined;
  /**
   * Makes room for `keys` new puts of `keyBytes` bytes together beside the image. Returns false if the index was completed
   * instead. Throws as `complete`, and `RangeError` without memory.
   */
  reserve(keyBytes: number, keys: number): boolean;
  /** Adds or replaces the record of a key beside the image. Returns false if the index was completed instead. */
  put(key: Uint8Array, location: number, units: number, start: number, end: number): boolean;
  /** Reads the rest. Throws what the storage throws if neither the image nor the log can be read. */
  complete(): void;
  /** Where changes of a log are recorded: beside the index, which stays pending. */
  tail(): IndexContents;
  /** Whether the sums of the index are right, although it is pending. */
  readonly hasSums: boolean;
  /** The units of all records together are no more than this. */
  readonly unitsAtMost: number;
  /** Completes the index if its sums are not right. */
  needSums(): void;
  /** Reads the rest in the background, when `later` runs it. */
  preload(later: Later): void;
  /** Ends reading. An index that is not complete cannot be used afterwards. */
  release(): void;
}
