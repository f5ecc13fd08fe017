import type { BrokenEngine } from './engine-source.ts';

/** Stores whose readers follow their writer wrongly: each shows a state that it must not. */
export const BROKEN_FOR_FOLLOWERS: readonly BrokenEngine[] = [
  {
    fault: 'a log is the store for a reader before its COMPLETE is durable',
    edits: [
      { find: "$access === 'read' ? $logs.findLast(isMarked) : undefined", replace: 'undefined' },
      { find: 'return $marked > 0;', within: 'LogFollower', replace: 'return true;' },
    ],
  },
  {
    fault: 'a follower reads what is not marked as durable yet',
    edits: [
      { find: 'const $durable = lastMarkedOffset($reader, $end);', replace: 'const $durable = $reader.size;' },
      {
        find: 'return $replay.damaged.length === 0 ? $replay.records : undefined;',
        replace: 'return $replay.records;',
      },
    ],
  },
  {
    fault: 'a follower stays with a log that was replaced',
    edits: [
      { find: 'saltOf($file, $log.generation) === $log.salt', replace: 'true' },
      { find: '$size >= $log.end', within: 'LogFollower', replace: 'true' },
      { find: 'lastChecksum($file, $log) === $last', replace: 'true' },
      { find: '$log.file.size() >= size', replace: 'true' },
    ],
  },
  {
    fault: 'the index of a follower misses what a MARK covers',
    edits: [
      {
        find: 'new LogReplay($reader, $index, $generation, $durable, $log.lastDataRecord)',
        replace: 'new LogReplay($reader, $index, $generation, $durable, { offset: 0, end: $durable })',
      },
    ],
  },
  {
    fault: 'the last page of a follower keeps its old bytes',
    edits: [{ find: 'this.readFile($tail.bytes, $a, $b, $c);', within: 'extendTo', replace: '' }],
  },
  {
    fault: 'a refresh beside a pending index forgets what the one before has found',
    edits: [{ find: '$tail ??= new IndexTail($$parts)', replace: '$tail = new IndexTail($$parts)' }],
  },
];
