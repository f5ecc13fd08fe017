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
    edits: [{ find: 'if ($log.durable < $log.end) $log.sync();', replace: '' }],
  },
  {
    fault: 'no sync before the old generation is removed',
    seed: 50,
    edits: [
      { find: '$log.append(completionOf()); $log.sync();', replace: '$log.append(completionOf()); $log.flush();' },
    ],
  },
  {
    fault: 'no sync of the directory before the new generation is called whole',
    seed: 9,
    edits: [{ within: 'Compaction', find: 'syncDirectory($directory); $named = true;', replace: '$named = true;' }],
  },
  {
    fault: 'a compaction drops the deletions written since it began',
    seed: 18,
    edits: [{ find: '$at >= $start && isDeletion($kind)', replace: 'false' }],
  },
  {
    fault: 'the mark is written before the sync it states',
    edits: [
      {
        within: 'LogFile',
        find: '$flush(); const $covered = $end;',
        replace: 'this.appendMark($end); $flush(); const $covered = $end;',
      },
    ],
  },
  {
    fault: 'an asynchronous sync is taken to cover what was written while it ran',
    seed: 20,
    edits: [
      {
        find: '$log.markDurable($covered); $count($log, $covered);',
        replace: '$log.markDurable($log.end); $count($log, $log.end);',
      },
    ],
  },
  {
    fault: 'sync returns without a sync',
    edits: [{ within: 'LogFile', find: '$file.sync();', replace: '' }],
  },
  {
    fault: 'a torn tail is not cut',
    seed: 9,
    edits: [{ find: 'if ($file.size() > $end) $file.truncate($end);', replace: '' }],
  },
  {
    fault: 'a torn tail is cut without a sync before new records',
    seed: 3,
    edits: [{ find: 'rewrite($$range); $file.sync();', replace: '' }],
  },
  {
    fault: 'bodies above the last mark are not verified',
    seed: 14,
    edits: [
      {
        within: 'LogReplay',
        find: "const $verdict = $reader.read($at); if ($verdict === 'end') break;",
        replace: "const $verdict = $reader.read($at, false); if ($verdict === 'end') break;",
      },
    ],
  },
  {
    fault: 'a batch that is cut short counts as far as it goes',
    seed: 30,
    edits: [
      {
        find: `
          const $invalid = $firstInvalid($start, $end, $records);
          if ($invalid !== undefined && !$wasDurable($invalid.at)) return undefined;`,
        replace: `
          const $invalid = $firstInvalid($start, $end, $records);
          if ($invalid !== undefined && !$wasDurable($invalid.at)) return $start;`,
      },
      { find: 'if (($reader.flags & FLAG_BATCH_MEMBER) === 0) $apply($at);', replace: '$apply($at);' },
    ],
  },
  {
    fault: 'the highest generation is the store although it is not whole',
    seed: 8,
    edits: [{ find: '$logs.findLast(isWhole)', replace: '$logs.at(-1)' }],
  },
  {
    fault: 'a generation that stands alone need not be whole',
    seed: 3,
    edits: [
      {
        find: 'if ($durable === 0) return quarantineLogs($$found);',
        replace: 'if ($durable < 0) return quarantineLogs($$found);',
      },
    ],
  },
  {
    fault: 'a torn image of the index is taken for whole',
    seed: 3,
    edits: [{ find: 'if ($sum !== xxh32($section, 0, $section.length, $salt)) return undefined;', replace: '' }],
  },
  {
    fault: 'an image is written of what no sync covered',
    seed: 3,
    edits: [
      { find: '$log.needsSync || $unchanged', replace: '$unchanged' },
      { within: 'close', find: 'attempt(() => $syncer.sync(), $collect);', replace: '' },
    ],
  },
  {
    fault: 'head checksums are not tied to the file and the place',
    seed: 10,
    edits: [{ find: '($salt + $offset / RECORD_ALIGNMENT) | 0', replace: '0' }],
  },
  {
    fault: 'the name of a new store is not made durable',
    edits: [{ find: '$directory.sync(); $log.appendMark($end);', replace: '$log.appendMark($end);' }],
  },
];
