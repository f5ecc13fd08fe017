import type { NodeAddress } from './node-layout.ts';

/**
 * Walks the keys of an interval in order. The index may change between two steps: each key comes at most once; keys that
 * are there all the time come; a key removed meanwhile does not; one added meanwhile may.
 */
export interface IndexCursor {
  /** The next node, 0 at the end and ever after. The address is good until something is removed. */
  next(): NodeAddress;
  /**
   * Where the records of the nodes to come lie, as far as is easily told: pairs of location and units go into `target`,
   * and how many there are is returned. Only a hint: the index may change before `next` gets there.
   */
  peek(target: Int32Array): number;
  /** A copy of the key of the node `next` returned, whatever became of it. Throws `RangeError` where there is none. */
  key(): Uint8Array;
}
