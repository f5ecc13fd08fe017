import type { BrokenEngine } from './engine-source.ts';

interface BrokenForCrashes extends BrokenEngine {
  /** The first workload that is tried: one that shows it soon. */
  readonly seed?: number;
}

/** Faults that crashes bring to light. */
export const BROKEN_FOR_CRASHES: readonly BrokenForCrashes[] = [
  {
    fault: 'no sync before the new generation is called whole',
    seed: 7,
    edits: [
      {
        file: 'store/compaction.ts',
        find: 'if (this.target.durable < this.target.end) this.target.sync();',
        replace: '',
      },
    ],
  },
  {
    fault: 'no sync before the old generation is removed',
    seed: 50,
    edits: [
      {
        file: 'store/generation-files.ts',
        find: 'log.append(completionOf());\n  log.sync();',
        replace: 'log.append(completionOf());\n  log.flush();',
      },
    ],
  },
  {
    fault: 'no sync of the directory before the new generation is called whole',
    seed: 9,
    edits: [{ file: 'store/compaction.ts', find: 'syncDirectory(this.#context.directory);', replace: '' }],
  },
  {
    fault: 'a compaction drops the deletions written since it began',
    seed: 11,
    edits: [
      {
        file: 'store/compaction.ts',
        find: 'else if (at >= this.#start && isDeletion(reader.kind)) this.#copy();',
        replace: '',
      },
    ],
  },
  {
    fault: 'the mark is written before the sync it states',
    edits: [
      {
        file: 'log/log-file.ts',
        find: 'this.flush();\n    const covered = this.#end;',
        replace: 'this.appendMark(this.#end);\n    this.flush();\n    const covered = this.#end;',
      },
    ],
  },
  {
    fault: 'an asynchronous sync is taken to cover what was written while it ran',
    seed: 20,
    edits: [
      {
        file: 'store/syncer.ts',
        find: 'log.markDurable(covered);\n    this.#covered(log, covered);',
        replace: 'log.markDurable(log.end);\n    this.#covered(log, log.end);',
      },
    ],
  },
  {
    fault: 'sync returns without a sync',
    edits: [{ file: 'log/log-file.ts', find: 'this.file.sync();', replace: '' }],
  },
  {
    fault: 'a torn tail is not cut',
    seed: 9,
    edits: [
      {
        file: 'store/recovery/log-recovery.ts',
        find: 'if (file.size() > end) file.truncate(end);',
        replace: '',
      },
    ],
  },
  {
    fault: 'a torn tail is cut without a sync before new records',
    seed: 3,
    edits: [
      {
        file: 'store/recovery/log-recovery.ts',
        find: 'rewrite(file, Math.min(durable, end), end);\n    file.sync();',
        replace: '',
      },
    ],
  },
  {
    fault: 'bodies above the last mark are not verified',
    seed: 14,
    edits: [
      {
        file: 'store/recovery/log-replay.ts',
        find: "const verdict = this.#reader.read(at);\n      if (verdict === 'end') break;",
        replace: "const verdict = this.#reader.read(at, false);\n      if (verdict === 'end') break;",
      },
    ],
  },
  {
    fault: 'a batch that is cut short counts as far as it goes',
    seed: 30,
    edits: [
      {
        file: 'store/recovery/log-replay.ts',
        find: 'if (invalid !== undefined && !this.#wasDurable(invalid.at)) return undefined;',
        replace: 'if (invalid !== undefined && !this.#wasDurable(invalid.at)) return start;',
      },
      {
        file: 'store/recovery/log-replay.ts',
        find: 'if ((reader.flags & FLAG_BATCH_MEMBER) === 0) this.#apply(at);',
        replace: 'this.#apply(at);',
      },
    ],
  },
  {
    fault: 'the highest generation is the store although it is not whole',
    seed: 8,
    edits: [
      { file: 'store/recovery/generation-choice.ts', find: 'readable.findLast(isWhole)', replace: 'readable.at(-1)' },
    ],
  },
  {
    fault: 'a generation that stands alone need not be whole',
    seed: 3,
    edits: [
      {
        file: 'store/recovery/log-recovery.ts',
        find: 'if (replay.durable === 0) return quarantineLogs',
        replace: 'if (replay.durable < 0) return quarantineLogs',
      },
    ],
  },
  {
    fault: 'a torn image of the index is taken for whole',
    seed: 3,
    edits: [{ file: 'image/index-image.ts', find: /if \(checksum !== xxh32\(section[^;]+;/, replace: '' }],
  },
  {
    fault: 'an image is written of what no sync covered',
    seed: 3,
    edits: [
      { file: 'store/image-keeper.ts', find: 'log.needsSync || (', replace: '(' },
      { file: 'store/log-store.ts', find: 'attempt(() => this.#syncer.sync(), collect);', replace: '' },
    ],
  },
  {
    fault: 'head checksums are not tied to the file and the place',
    seed: 10,
    edits: [
      { file: 'log/record-format.ts', find: 'return (salt + offset / RECORD_ALIGNMENT) | 0;', replace: 'return 0;' },
    ],
  },
  {
    fault: 'the name of a new store is not made durable',
    edits: [
      {
        file: 'store/recovery/open-store.ts',
        find: 'context.directory.sync();\n    log.appendMark',
        replace: 'log.appendMark',
      },
    ],
  },
];
