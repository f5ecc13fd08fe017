import { homeSlot, slotAfter } from './hash-directory.ts';
import { unfit } from './index-image-sections.ts';
import type { IndexPieces, RecordPlace } from './index-pieces.ts';
import { type KeyWords, nodeHolds } from './key-words.ts';
import { KEY_WORD, keyBytesOf, keyWordCount, LOCATION_WORD, UNITS_WORD } from './node-layout.ts';
import { PendingSection } from './pending-section.ts';
import type { SegmentTable } from './segment-table.ts';
import { HASH_WORD, SEGMENT_WORDS } from './slot-layout.ts';

/** The sections of an index that are still in its image. */
export class PendingSections {
  readonly #image: IndexPieces;
  readonly arena: PendingSection;
  readonly directory: PendingSection;

  constructor(image: IndexPieces) {
    this.#image = image;
    this.arena = new PendingSection(image, 'arena', image.arenaWords);
    this.directory = new PendingSection(image, 'directory', image.directoryWords);
  }

  /** How many pieces are not there yet. */
  get missing(): number {
    return this.arena.missing + this.directory.missing;
  }

  /** The place in the node that holds `key`. Throws as `PendingSection.word`. */
  find(hash: number, key: KeyWords, table: SegmentTable): RecordPlace | undefined {
    let segment = table.segmentOf(hash);
    for (;;) {
      const start = segment * SEGMENT_WORDS;
      let slot = homeSlot(start, hash);
      for (;;) {
        const node = this.directory.word(slot);
        if (node === 0) break;
        const place = this.directory.word(slot + HASH_WORD) === hash ? this.#placeIn(node, key) : undefined;
        if (place !== undefined) return place;
        slot = slotAfter(slot, start);
      }
      segment = table.overflowOf(segment);
      if (segment === 0) return undefined;
    }
  }

  /** Reads missing pieces, at most `count`. Throws as `PendingSection.word`. */
  readSome(count: number): void {
    const { missing } = this.directory;
    this.directory.readSome(Math.min(count, missing));
    this.arena.readSome(count - Math.min(count, missing));
  }

  /** Reads some pieces off the thread. Returns false if that failed, or if the image cannot do it. */
  preload(): Promise<boolean> {
    return (this.directory.missing > 0 ? this.directory : this.arena).preload();
  }

  close(): void {
    this.#image.close();
  }

  /** The place in `node` if it holds `key`. Throws as `PendingSection.word`. */
  #placeIn(node: number, key: KeyWords): RecordPlace | undefined {
    if (node <= 0) throw unfit(`node ${node}`);
    const beginning = this.arena.range(node, node + KEY_WORD);
    const words = this.arena.range(node, node + KEY_WORD + keyWordCount(keyBytesOf(beginning, 0)));
    if (!nodeHolds(words, 0, key)) return undefined;
    return { location: words[LOCATION_WORD] as number, units: words[UNITS_WORD] as number };
  }
}
