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
    edits: [
      {
        file: 'store/syncer.ts',
        find: 'log.sync();\n    } catch (error) {\n      throw this.#status.poison(error);',
        replace: 'log.sync();\n    } catch (error) {\n      throw error;',
      },
    ],
  },
  {
    fault: 'a sync that failed is taken for one that succeeded',
    verbs: ['sync'],
    edits: [{ file: 'log/log-file.ts', find: /throw storageFailure\(`sync [^;]+;/, replace: '' }],
  },
  {
    fault: 'the tail is not written again after an unclean end',
    verbs: ['sync'],
    edits: [
      {
        file: 'store/recovery/log-recovery.ts',
        find: 'rewrite(file, Math.min(durable, end), end);',
        replace: '',
      },
    ],
  },
  {
    fault: 'there is a way back to an older generation',
    verbs: ['remove', 'truncate', 'open'],
    edits: [
      {
        file: 'store/recovery/generation-choice.ts',
        find: 'readable.findLast(isWhole)',
        replace: 'readable.find(isWhole)',
      },
    ],
  },
  {
    fault: 'the image of an older generation stays',
    verbs: ['remove'],
    edits: [
      {
        file: 'store/obsolete-generations.ts',
        find: 'this.#names = [...imageNames, ...logNames];',
        replace: 'this.#names = logNames;',
      },
    ],
  },
  {
    fault: 'a generation that may be whole is given up without being emptied',
    verbs: ['write', 'sync'],
    file: '000002.log',
    edits: [
      {
        file: 'store/compaction.ts',
        find: 'this.target.file.truncate(0);\n        this.target.file.sync();',
        replace: '',
      },
      { file: 'store/compaction.ts', find: 'directory.remove(logName(this.target.generation));', replace: '' },
    ],
  },
  {
    fault: 'a put is entered in the index before there is room for it',
    verbs: ['write'],
    file: '000001.log',
    edits: [
      {
        file: 'store/store-writer.ts',
        find: 'this.#makeBufferRoom(record.size);\n    this.#appendPut(record);',
        replace: 'this.#appendPut(record);\n    this.#makeBufferRoom(record.size);',
      },
    ],
  },
  {
    fault: 'a short write is taken for a whole one',
    verbs: ['write'],
    edits: [
      {
        file: 'log/log-file.ts',
        find: 'this.#written += this.#writeSome(page.bytes, this.#written % PAGE_BYTES, until - this.#written);',
        replace:
          'this.#writeSome(page.bytes, this.#written % PAGE_BYTES, until - this.#written); this.#written = until;',
      },
    ],
  },
  {
    fault: 'a write that fails is given up',
    verbs: ['write'],
    edits: [
      {
        file: 'log/log-file.ts',
        find: /throw storageFailure\(`write [^;]+;/,
        replace: 'return length;',
      },
    ],
  },
  {
    fault: 'an interrupted write is not tried again',
    verbs: ['write'],
    edits: [
      {
        file: 'storage/file-transfer.ts',
        find: "return errno === 'EINTR' || errno === 'EAGAIN';",
        replace: 'return errno === undefined;',
      },
    ],
  },
  {
    fault: 'an open that fails keeps the lock',
    verbs: ['list', 'open', 'read'],
    edits: [
      {
        file: 'store/recovery/open-store.ts',
        find: 'lock?.release();',
        replace: '',
      },
    ],
  },
  {
    fault: 'an open that fails keeps a file open',
    verbs: ['size'],
    edits: [
      {
        file: 'store/recovery/generation-choice.ts',
        find: 'file?.close();\n    throw storageFailure(',
        replace: 'throw storageFailure(',
      },
    ],
  },
  {
    fault: 'a compaction that was abandoned keeps its file open',
    verbs: ['write'],
    file: '000002.log',
    edits: [{ file: 'store/compaction.ts', find: 'this.#housekeep(() => this.target.close());', replace: '' }],
  },
  {
    fault: 'entries of an abandoned compaction do not get their places back',
    verbs: ['write'],
    file: '000002.log',
    edits: [
      {
        file: 'store/compaction.ts',
        find: 'this.#moves.revert(this.#index, this.target.generation);',
        replace: '',
      },
    ],
  },
  {
    fault: 'a body that cannot be read is taken for a damaged one',
    verbs: ['read'],
    edits: [
      {
        file: 'log/log-file.ts',
        find: /throw storageFailure\(`read [^;]+;/,
        replace: 'return 0;',
      },
    ],
  },
];
