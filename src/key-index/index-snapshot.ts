import type { IndexImageSections } from './index-image-sections.ts';
import { SectionSnapshot, type SnapshotOwner } from './section-snapshot.ts';

/** An index as it was at one moment, for an image that is written while the index changes. */
export class IndexSnapshot {
  readonly state: Int32Array;
  readonly arena: SectionSnapshot;
  readonly directory: SectionSnapshot;

  constructor(sections: IndexImageSections, arena: SnapshotOwner, directory: SnapshotOwner) {
    this.state = sections.state;
    this.arena = new SectionSnapshot(arena, sections.arena.length);
    this.directory = new SectionSnapshot(directory, sections.directory.length);
  }

  /** Whether the index was cleared before all pieces were taken. */
  get isLost(): boolean {
    return this.arena.isLost || this.directory.isLost;
  }

  /** The next pieces, `count` or fewer: those of the arena, then those of the directory; `undefined` after the last one. */
  take(count: number): Int32Array | undefined {
    return this.arena.take(count) ?? this.directory.take(count);
  }

  /** No piece is needed any more. */
  end(): void {
    this.arena.end();
    this.directory.end();
  }
}
