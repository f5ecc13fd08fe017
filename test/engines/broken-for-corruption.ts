import type { BrokenEngine } from './engine-source.ts';
import type { SourceEdit } from './source-edit.ts';

/** The last record of an image is accepted without looking into the log. */
const ANY_LAST_RECORD: SourceEdit = {
  find: "$reader.read($record.offset, false) === 'valid' && $end && $checksum",
  replace: 'true',
};

/** Faults that damaged files reveal. */
export const BROKEN_FOR_CORRUPTION: readonly BrokenEngine[] = [
  {
    fault: 'the header checksum is not checked when a body is read',
    edits: [{ find: 'return $headValid($$head) && bodyValid($$body);', replace: 'return bodyValid($$body);' }],
  },
  {
    fault: 'the header checksum is not checked in recovery',
    edits: [{ find: 'if (!$headValid($words, $word, $salt, $offset)) return false;', replace: '' }],
  },
  {
    fault: 'the checksum of a body is not checked when it is read',
    edits: [{ find: 'return $head && bodyValid($$body);', replace: 'return $head;' }],
  },
  {
    fault: 'the key is not compared when a body is read',
    edits: [{ find: 'return $length === $size && holdsKey($$place);', replace: 'return $length === $size;' }],
  },
  {
    fault: 'the checksum of a file header is not checked',
    edits: [{ find: 'if ($words[$sum] !== xxh32($words, 0, $sum, 0)) return undefined;', replace: '' }],
  },
  {
    fault: 'a damaged piece of an image is believed',
    edits: [{ within: 'IndexImage', find: 'if ($sum !== xxh32($$piece)) return false;', replace: '' }],
  },
  {
    fault: 'the tables of an image are not checked',
    edits: [{ find: 'if ($sum !== xxh32($tables, 0, $tables.length, $salt)) return undefined;', replace: '' }],
  },
  {
    fault: 'an image of another log is accepted',
    edits: [
      { find: '$generation || $words[FooterWord.salt] !== $log.salt', replace: '$generation' },
      {
        find: '$words[$sum] !== xxh32($words, 0, $sum, $log.salt)',
        replace: '$words[$sum] !== xxh32($words, 0, $sum, $words[FooterWord.salt])',
      },
      ANY_LAST_RECORD,
    ],
  },
  {
    fault: 'the last record of an image is not looked up in its log',
    edits: [ANY_LAST_RECORD],
  },
  {
    fault: 'a damaged header does not remove older entries',
    edits: [
      {
        within: 'LogReplay',
        find: '$forget(); const $next = $reader.$nextHead($$from) ?? $end;',
        replace: 'const $next = $reader.$nextHead($$from) ?? $end;',
      },
    ],
  },
  {
    fault: 'a damaged body does not remove an older value',
    edits: [{ within: 'LogReplay', find: '$index.remove($$key); $lost += 1;', replace: '$lost += 1;' }],
  },
  {
    fault: 'damage below a mark counts as a torn tail',
    edits: [{ within: 'LogReplay', find: 'if ($offset < $durable) return true;', replace: 'return false;' }],
  },
  {
    fault: 'a log that ends below its durable offset is accepted',
    edits: [
      {
        within: 'LogReplay',
        find: 'if ($end < $durable) { $forget(); $damaged.push({ from: $end, to: $end }); }',
        replace: '',
      },
    ],
  },
  {
    fault: 'memory is allocated for a length that was not verified',
    edits: [
      {
        find: `
          if (!$plausible($words, $word)) return false;
          const $keyLength = $keyLengthAt($words, $word);
          const $headBytes = $fixedBytes + keyAreaBytes($keyLength);
          if ($offset + $headBytes > $size || !$hold($offset, $headBytes)) return false;`,
        replace: `
          if (!$plausible($words, $word)) return false;
          const $keyLength = $keyLengthAt($words, $word);
          const $headBytes = $fixedBytes + keyAreaBytes($keyLength);
          $hold($offset, recordBytes($keyLength, bodyLengthAt($words, $word)));
          if ($offset + $headBytes > $size || !$hold($offset, $headBytes)) return false;`,
      },
    ],
  },
];
