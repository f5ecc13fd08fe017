import type { DiskVerb } from '../../src/testing/index.ts';
import type { BrokenEngine } from './engine-source.ts';

interface BrokenForErrors extends BrokenEngine {
  /** The operations whose failure reveals the fault. */
  readonly verbs: readonly DiskVerb[];
  /** The file whose operations reveal it; default: any. */
  readonly file?: string;
}

/** Faults that failing calls of the storage reveal. */
export const BROKEN_FOR_ERRORS: readonly BrokenForErrors[] = [
  {
    fault: 'a failed sync is retried',
    verbs: ['sync'],
    edits: [{ find: 'try { $log.sync(); } catch ($error) { throw $gate.poison($error); }', replace: '$log.sync();' }],
  },
  {
    fault: 'a failed sync counts as successful',
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
    fault: 'the image of an older generation is not removed',
    verbs: ['remove'],
    edits: [{ find: '[...obsoleteImages, ...logNames]', replace: 'logNames' }],
  },
  {
    fault: 'a generation that may be complete is abandoned without being truncated',
    verbs: ['write', 'sync'],
    file: '000002.log',
    edits: [
      { find: '$file.truncate(0); $file.sync();', replace: '' },
      { find: '$directory.remove($log.name);', replace: '' },
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
    fault: 'a short write counts as complete',
    verbs: ['write'],
    edits: [
      {
        find: '$written += $write($bytes, $from, $until - $written);',
        replace: '$write($bytes, $from, $until - $written); $written = $until;',
      },
    ],
  },
  {
    fault: 'a failed write is not retried',
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
    fault: 'an interrupted write is not retried',
    verbs: ['write'],
    edits: [{ find: "$errno === 'EINTR' || $errno === 'EAGAIN'", replace: '$errno === undefined' }],
  },
  {
    fault: 'an open that fails keeps the lock',
    verbs: ['list', 'open', 'read'],
    edits: [{ within: 'recoverStore', find: 'attempt(() => context.releaseLock(), () => {});', replace: '' }],
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
    fault: 'entries of an abandoned compaction keep their new locations',
    verbs: ['write'],
    file: '000002.log',
    edits: [{ find: '$moves.revert($$places);', replace: '' }],
  },
  {
    fault: 'a body that cannot be read counts as damaged',
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
