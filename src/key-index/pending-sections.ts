import { type IndexImageSections, unfit } from './index-image-sections.ts';
import type { IndexPieces } from './index-pieces.ts';
import { type KeyWords, nodeHolds } from './key-words.ts';
import { KEY_WORD, keyBytesOf, keyWordCount } from './node-layout.ts';
import { PendingSection } from './pending-section.ts';

/** So many pieces are read together off the thread, 1 MiB: to verify them takes about a millisecond. */
const PRELOADED_PIECES = 64;

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

  /** The memory into which the pieces are read. */
  get words(): IndexImageSections {
    return { state: this.#image.state, arena: this.arena.words, directory: this.directory.words };
  }

  /** Whether all pieces are there. */
  get areRead(): boolean {
    return this.arena.missing + this.directory.missing === 0;
  }

  /** Whether `node` holds `key`; reads what the node takes. Throws as `PendingSection.need`. */
  nodeHolds(node: number, key: KeyWords): boolean {
    if (node <= 0) throw unfit(`node ${node}`);
    const { words } = this.arena;
    this.arena.need(node, node + KEY_WORD);
    this.arena.need(node, node + KEY_WORD + keyWordCount(keyBytesOf(words, node)));
    return nodeHolds(words, node, key);
  }

  /** Reads all pieces. Throws as `PendingSection.need`. */
  read(): void {
    this.directory.complete();
    this.arena.complete();
  }

  /** Reads some pieces off the thread. Returns false if that failed, or if the image cannot do it. */
  preload(): Promise<boolean> {
    const section = this.directory.missing > 0 ? this.directory : this.arena;
    return section.preload(PRELOADED_PIECES);
  }

  close(): void {
    this.#image.close();
  }
}
