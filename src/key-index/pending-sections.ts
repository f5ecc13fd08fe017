import { unfit } from './index-image-sections.ts';
import type { IndexPieces, RecordPlace } from './index-pieces.ts';
import { type KeyWords, nodeHolds } from './key-words.ts';
import { KEY_WORD, keyBytesOf, keyWordCount, LOCATION_WORD, UNITS_WORD } from './node-layout.ts';
import { PendingSection } from './pending-section.ts';

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

  /** Whether all pieces are there. */
  get areRead(): boolean {
    return this.arena.missing + this.directory.missing === 0;
  }

  /** The place in `node` if it holds `key`. Throws as `PendingSection.word`. */
  placeIn(node: number, key: KeyWords): RecordPlace | undefined {
    if (node <= 0) throw unfit(`node ${node}`);
    const beginning = this.arena.range(node, node + KEY_WORD);
    const words = this.arena.range(node, node + KEY_WORD + keyWordCount(keyBytesOf(beginning, 0)));
    if (!nodeHolds(words, 0, key)) return undefined;
    return { location: words[LOCATION_WORD] as number, units: words[UNITS_WORD] as number };
  }

  /** Reads some pieces off the thread. Returns false if that failed, or if the image cannot do it. */
  preload(): Promise<boolean> {
    return (this.directory.missing > 0 ? this.directory : this.arena).preload();
  }

  close(): void {
    this.#image.close();
  }
}
