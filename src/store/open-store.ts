import { shielded } from '../base/shielded.ts';
import { storageFailure } from '../base/storage-failure.ts';
import { StoreError } from '../base/store-error.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { platformRandom } from '../key-index/random-words.ts';
import { PagePool } from '../log/page-pool.ts';
import type { StorageDirectory, StorageLock } from '../storage/storage-backend.ts';
import { listGenerations } from './generation-files.ts';
import { Generations } from './generations.ts';
import { Leftovers } from './leftovers.ts';
import type { LogStoreEnvironment, StoreSettings } from './log-store-options.ts';
import type { OpeningContext } from './opening-context.ts';
import type { RecoveryReport } from './recovery-report.ts';
import type { StoreEventHandler } from './store-event.ts';
import { type OpenedLog, openLog } from './store-opening.ts';
import { WriteGate } from './write-gate.ts';

/** A reader that loses its files to a compaction while it opens them tries again this often. */
const READER_ATTEMPTS_MAX = 5;

/** The parts of a store, opened. */
export interface OpenedStore {
  readonly context: OpeningContext;
  readonly lock: StorageLock | undefined;
  readonly gate: WriteGate;
  readonly emit: StoreEventHandler;
  readonly generations: Generations;
  readonly index: KeyIndex;
  readonly report: RecoveryReport;
  /** Where the image covers the log to, 0 without one. */
  readonly imageEnd: number;
}

/** Takes the lock, recovers the log and removes what is left of other generations. On failure nothing stays open. */
export function openStore(path: string, settings: StoreSettings, environment: LogStoreEnvironment): OpenedStore {
  const emit = shielded(settings.onEvent);
  // Before the lock is taken: a platform without it throws.
  const random = environment.random ?? platformRandom();
  const directory = openDirectory(path, settings, environment);
  const lock = settings.readOnly ? undefined : takeLock(directory, emit);
  const context: OpeningContext = {
    directory,
    pool: new PagePool(settings.pageCacheBytes),
    readOnly: settings.readOnly,
    random,
    beforeWrite: () => assertLockHeld(lock),
    onHousekeepingFailure: (error) => emit({ type: 'housekeeping-failed', error }),
  };
  let opened: OpenedLog | undefined;
  try {
    opened = openPatiently(context);
    const { log, index, report, imageEnd } = opened;
    if (!settings.readOnly) {
      const leftovers = new Leftovers(context);
      leftovers.gather(log.generation);
      leftovers.finish();
    }
    if (!report.clean) emit({ type: 'recovered', report });
    const gate = new WriteGate(settings.readOnly, emit);
    return { context, lock, gate, emit, generations: new Generations(log), index, report, imageEnd };
  } catch (error) {
    closeQuietly(opened);
    lock?.release();
    throw storageFailure(`open ${path}`, error);
  }
}

function openDirectory(path: string, settings: StoreSettings, environment: LogStoreEnvironment): StorageDirectory {
  try {
    return environment.storage.openDirectory(path, { create: !settings.readOnly });
  } catch (error) {
    throw storageFailure(`open the directory ${path}`, error);
  }
}

function takeLock(directory: StorageDirectory, emit: StoreEventHandler): StorageLock {
  try {
    const lock = directory.lock();
    if (lock.takenOverFrom !== undefined) emit({ type: 'lock-taken-over', from: lock.takenOverFrom });
    return lock;
  } catch (error) {
    throw storageFailure('take the lock', error);
  }
}

function assertLockHeld(lock: StorageLock | undefined): void {
  if (lock === undefined) return;
  let held: boolean;
  try {
    held = lock.isHeld();
  } catch (error) {
    // What cannot be told now may be told at the next try: nothing is lost yet.
    throw storageFailure('check the lock', error);
  }
  if (!held) throw new StoreError('POISONED', 'the lock was taken by another process or the directory is gone');
}

/** A writer may switch generations while a reader opens them: what was listed is then gone or cut short. */
function openPatiently(context: OpeningContext): OpenedLog {
  if (!context.readOnly) return openLog(context);
  for (let attempt = 1; ; attempt += 1) {
    const opened = openLog(context);
    try {
      if (attempt === READER_ATTEMPTS_MAX || isCurrent(context.directory, opened)) return opened;
    } catch (error) {
      closeQuietly(opened);
      throw error;
    }
    opened.log.close();
  }
}

/** Whether the log that was read is in the directory still, and as long; where none was found, whether there is none. */
function isCurrent(directory: StorageDirectory, { log, report }: OpenedLog): boolean {
  const { logs } = listGenerations(directory);
  if (report.generation === 0) return logs.length === 0;
  return logs.includes(report.generation) && log.file.size() >= log.end;
}

/** For an open that fails anyhow: its own failure is the one to tell. */
function closeQuietly(opened: OpenedLog | undefined): void {
  try {
    opened?.log.close();
  } catch {
    // The failure that is under way says more.
  }
}
