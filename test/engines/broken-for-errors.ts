import type { DiskVerb } from '../../src/testing/index.ts';
import type { BrokenEngine } from './engine-source.ts';

interface BrokenForErrors extends BrokenEngine {
  /** The calls whose failure shows it. */
  readonly verbs: readonly DiskVerb[];
  /** The file whose calls show it; default: any. */
  readonly file?: string;
}

/** Faults that failing calls of the storage bring to light. */
export const BROKEN_FOR_ERRORS: readonly BrokenForErrors[] = [
  {
    fault: 'a sync that failed is tried again as if nothing had happened',
    verbs: ['sync'],
    edits: [{ find: 'try { $log.sync(); } catch ($error) { throw $gate.poison($error); }', replace: '$log.sync();' }],
  },
  {
    fault: 'a sync that failed is taken for one that succeeded',
    verbs: ['sync'],
    edits: [
      {
        within: 'LogFile',
        find: 'try { $file.sync(); } catch ($error) { throw $failure; }',
        replace: 'try { $file.sync(); } catch {}',
      },
    ],
  },
  {
    fault: 'the tail is not written again after an unclean end',
    verbs: ['sync'],
    edits: [{ find: 'rewrite($$range);', replace: '' }],
  },
  {
    fault: 'there is a way back to an older generation',
    verbs: ['remove', 'truncate', 'open'],
    edits: [{ find: '$logs.findLast(isWhole)', replace: '$logs.find(isWhole)' }],
  },
  {
    fault: 'the image of an older generation stays',
    verbs: ['remove'],
    edits: [{ find: '[...imageNames, ...logNames]', replace: 'logNames' }],
  },
  {
    fault: 'a generation that may be whole is given up without being emptied',
    verbs: ['write', 'sync'],
    file: '000002.log',
    edits: [
      { find: '$file.truncate(0); $file.sync();', replace: '' },
      { find: '$directory.remove(logName($log.generation));', replace: '' },
    ],
  },
  {
    fault: 'a put is entered in the index before there is room for it',
    verbs: ['write'],
    file: '000001.log',
    edits: [
      {
        find: '$makeRoom($record.size); this.#appendPut($record);',
        replace: 'this.#appendPut($record); $makeRoom($record.size);',
      },
    ],
  },
  {
    fault: 'a short write is taken for a whole one',
    verbs: ['write'],
    edits: [
      {
        find: '$written += $write($bytes, $from, $until - $written);',
        replace: '$write($bytes, $from, $until - $written); $written = $until;',
      },
    ],
  },
  {
    fault: 'a write that fails is given up',
    verbs: ['write'],
    edits: [
      {
        within: 'LogFile',
        find: 'try { return writeSome($file, $bytes, $start, $length, $at); } catch ($error) { throw $failure; }',
        replace: 'try { return writeSome($file, $bytes, $start, $length, $at); } catch { return $length; }',
      },
    ],
  },
  {
    fault: 'an interrupted write is not tried again',
    verbs: ['write'],
    edits: [{ find: "$errno === 'EINTR' || $errno === 'EAGAIN'", replace: '$errno === undefined' }],
  },
  {
    fault: 'an open that fails keeps the lock',
    verbs: ['list', 'open', 'read'],
    edits: [{ within: 'openStore', find: 'attempt(() => context.releaseLock(), () => {});', replace: '' }],
  },
  {
    fault: 'an open that fails keeps a file open',
    verbs: ['size'],
    edits: [{ find: '$file?.close(); throw storageFailure($$failure);', replace: 'throw storageFailure($$failure);' }],
  },
  {
    fault: 'a compaction that was abandoned keeps its file open',
    verbs: ['write'],
    file: '000002.log',
    edits: [{ find: '$attempt(() => this.target.close());', replace: '' }],
  },
  {
    fault: 'entries of an abandoned compaction do not get their places back',
    verbs: ['write'],
    file: '000002.log',
    edits: [{ find: '$moves.revert($$places);', replace: '' }],
  },
  {
    fault: 'a body that cannot be read is taken for a damaged one',
    verbs: ['read'],
    edits: [
      {
        within: 'LogFile',
        find: 'try { return readFully($$place); } catch ($error) { throw $failure; }',
        replace: 'try { return readFully($$place); } catch { return 0; }',
      },
    ],
  },
];
