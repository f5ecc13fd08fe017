import type { BrokenEngine } from './engine-source.ts';

interface BrokenForCrashes extends BrokenEngine {
  /** The first workload that is tried: one that reveals the fault early. */
  readonly seed?: number;
}

/** Faults that crashes reveal. */
export const BROKEN_FOR_CRASHES: readonly BrokenForCrashes[] = [
  {
    fault: 'no sync before COMPLETE is written to the new generation',
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
    fault: 'no sync of the directory before COMPLETE is written to the new generation',
    seed: 9,
    edits: [{ within: 'Compaction', find: 'syncDirectory($directory); $named = true;', replace: '$named = true;' }],
  },
  {
    fault: 'a compaction drops the deletions written since it started',
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
    fault: 'an asynchronous sync counts as covering what was written during it',
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
    fault: 'the records of an incomplete batch are applied',
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
    fault: 'the highest generation is used although it is incomplete',
    seed: 8,
    edits: [{ find: '$logs.findLast(isWhole)', replace: '$logs.at(-1)' }],
  },
  {
    fault: 'a single generation is used although it is incomplete',
    seed: 3,
    edits: [
      {
        find: 'if ($durable === 0) return quarantineLogs($$found);',
        replace: 'if ($durable < 0) return quarantineLogs($$found);',
      },
    ],
  },
  {
    fault: 'a torn index image is accepted',
    seed: 3,
    edits: [{ within: 'IndexImage', find: 'if ($sum !== xxh32($$piece)) return false;', replace: '' }],
  },
  {
    fault: 'an image is written of records that no sync covered',
    seed: 3,
    edits: [
      { within: 'IndexImageWriter', find: 'if ($log.needsSync) return;', replace: '' },
      { find: '$unfinished === undefined || !this.isDurable', replace: '$unfinished === undefined' },
      { within: 'close', find: 'attempt(() => $syncer.sync(), $collect);', replace: '' },
    ],
  },
  {
    fault: 'an image in the background is completed before a sync has covered it',
    seed: 6,
    edits: [
      { find: '$unfinished === undefined || !this.isDurable', replace: '$unfinished === undefined' },
      {
        find: 'if ($images.isDurable) $images.finish(); else $syncer.syncInBackground();',
        replace: '$images.finish();',
      },
    ],
  },
  {
    fault: 'an image in the background has pieces of several moments',
    seed: 1,
    edits: [{ within: 'SectionSnapshot', find: '$saved.set($piece, $inPlace($piece).slice());', replace: '' }],
  },
  {
    fault: 'header checksums do not depend on the file and the offset',
    seed: 10,
    edits: [{ find: '($salt + $offset / RECORD_ALIGNMENT) | 0', replace: '0' }],
  },
  {
    fault: 'the name of a new store is not made durable',
    edits: [{ find: '$directory.sync(); $log.appendMark($end);', replace: '$log.appendMark($end);' }],
  },
  {
    fault: 'a put beside an image is forgotten when the index is completed',
    edits: [{ find: 'if ($units === REMOVED.units) $index.remove($key); else $put;', replace: '' }],
  },
];
