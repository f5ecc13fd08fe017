import type { KeyIndex } from '../../src/key-index/key-index.ts';
import type { LogFile } from '../../src/log/log-file.ts';
import { deletionOf, putOf } from '../../src/log/record-codec.ts';
import { Compaction } from '../../src/store/compaction.ts';
import { createLog } from '../../src/store/generation-files.ts';
import { Generations, locationOf, unitsOf } from '../../src/store/generations.ts';
import type { StoreContext } from '../../src/store/store-context.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { seededIndex, utf8 } from '../key-index/index-fixtures.ts';
import { contextOn } from './test-context.ts';
import { TestDisk } from './test-disk.ts';

export const OLD = '000001.log';
export const NEW = '000002.log';
export const KIB = 1024;
export const MIB: number = 1024 * KIB;
/** The size of each record: a power of two, so that the bytes of some records are exactly a limit of a compaction. */
export const RECORD: number = 64 * KIB;
const NO_BYTES = new Uint8Array(0);
const VALUE_BYTES: number = RECORD - putOf(utf8('key 00000'), NO_BYTES, NO_BYTES).size;
/** Enough bytes for a step that does all of a compaction. */
export const EVERYTHING: number = 1024 * MIB;

/** A log that is written to, its index, and what a compaction of it does to the new generation. */
export class CompactedLog {
  readonly disk: TestDisk = new TestDisk();
  readonly context: StoreContext;
  readonly events: readonly StoreEvent[];
  readonly generations: Generations;
  readonly index: KeyIndex = seededIndex();
  /** What each sync of the new generation covered, in bytes, and `'directory'` for a sync of the directory. */
  readonly syncs: (number | 'directory')[] = [];

  /** A log with `records` records, each live under a key of its own. */
  constructor(records: number, valueBytes: number = VALUE_BYTES) {
    const { context, events } = contextOn(this.disk);
    this.context = context;
    this.events = events;
    this.generations = new Generations(createLog(context, 0));
    this.put(0, records, valueBytes);
  }

  get log(): LogFile {
    return this.generations.active;
  }

  put(from: number, to: number, valueBytes: number = VALUE_BYTES): void {
    for (let i = from; i < to; i += 1) {
      const key = keyOf(i);
      const record = putOf(key, new Uint8Array(valueBytes).fill(i), NO_BYTES);
      this.index.put(key, locationOf(this.log.generation, this.log.append(record)), unitsOf(record.size));
    }
  }

  /** The length of a value whose record takes `bytes`. */
  valueBytesFor(bytes: number): number {
    return VALUE_BYTES - RECORD + bytes;
  }

  delete(i: number): void {
    this.log.append(deletionOf(keyOf(i)));
    this.index.remove(keyOf(i));
  }

  begin(): Compaction {
    const compaction = Compaction.begin(this.context, this.generations, this.index);
    this.disk.before = ({ verb, name }) => {
      if (verb === 'sync-directory') this.syncs.push('directory');
      if (verb === 'sync' && name === NEW) this.syncs.push(compaction.target.end - compaction.target.durable);
      return undefined;
    };
    return compaction;
  }

  /** The number of the generation that holds the entry of a key, 0 if there is none. */
  generationOf(i: number): number {
    const node = this.index.find(keyOf(i));
    return node === 0 ? 0 : this.generations.logOf(this.index.location(node)).generation;
  }
}

export function keyOf(i: number): Uint8Array {
  return utf8(`key ${String(i).padStart(5, '0')}`);
}
