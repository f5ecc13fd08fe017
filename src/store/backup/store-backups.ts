import type { LogFile } from '../../log/log-file.ts';
import type { StorageBackend } from '../../storage/storage-backend.ts';
import type { CompactionScheduler } from '../compaction-scheduler.ts';
import type { StoreContext } from '../store-context.ts';
import type { Syncer } from '../syncer.ts';
import { assertBackupOptions, type BackupOptions, type BackupReport, backUp } from './backup.ts';
import { type BackupSteps, runAtOnce, runInTurns } from './backup-steps.ts';

/** An open store, as its backups use it. */
export interface BackedUpStore {
  readonly context: StoreContext;
  readonly syncer: Syncer;
  readonly scheduler: CompactionScheduler;
  /** Where a copy is written unless its options say otherwise. */
  readonly storage: StorageBackend;
  /** What the store is now. */
  current(): { readonly log: LogFile; readonly entries: number };
}

/** Makes backups of an open store. */
export class StoreBackups {
  readonly #store: BackedUpStore;

  constructor(store: BackedUpStore) {
    this.#store = store;
  }

  /** Copies the store, as it is now, into the empty or absent directory `path`, and verifies the copy. */
  run(path: string, options: BackupOptions): BackupReport {
    return runAtOnce(this.#steps(path, options), () => this.#assertGoesOn(options));
  }

  /** `run` in small steps between turns of the event loop; the copy is of the moment of the call. */
  async runAsync(path: string, options: BackupOptions): Promise<BackupReport> {
    try {
      return await runInTurns(this.#steps(path, options), () => this.#assertGoesOn(options));
    } finally {
      // A compaction that ended meanwhile has left the log that was copied.
      await this.#store.scheduler.removeObsoleteAsync();
    }
  }

  #steps(path: string, options: BackupOptions): BackupSteps<BackupReport> {
    const { context, syncer, storage } = this.#store;
    assertBackupOptions(options);
    this.#assertGoesOn(options);
    if (!context.settings.readOnly) {
      context.status.assertWritable();
      syncer.flush();
    }
    const { onProgress } = options;
    return backUp({ context, ...this.#store.current(), storage: options.storage ?? storage, path, onProgress });
  }

  #assertGoesOn({ signal }: BackupOptions): void {
    this.#store.context.status.assertOpen();
    signal?.throwIfAborted();
  }
}
