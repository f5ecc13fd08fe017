import { attempt } from '../../base/attempt.ts';
import { guardedHandler } from '../../base/guarded-handler.ts';
import { withJsonForm } from '../../base/json-form.ts';
import type { Pausing } from '../../base/pauses.ts';
import { platformRandom } from '../../base/platform-random.ts';
import { storageFailure } from '../../base/storage-failure.ts';
import { StoreError } from '../../base/store-error.ts';
import { NO_IMAGE } from '../../image/index-image-writer.ts';
import { KeyIndex } from '../../key-index/key-index.ts';
import { LogFile } from '../../log/log-file.ts';
import { fillRandomly } from '../../storage/file-system.ts';
import { retryWhileLocked } from '../../storage/lock-wait.ts';
import type { StorageDirectory, StorageFile, StorageLock } from '../../storage/storage-backend.ts';
import { completeLog, createLog, listGenerations, logName } from '../generation-files.ts';
import type { LogStoreEnvironment, StoreSettings } from '../log-store-options.ts';
import { ObsoleteGenerations } from '../obsolete-generations.ts';
import { StoreContext } from '../store-context.ts';
import type { StoreEventHandler } from '../store-event.ts';
import { chooseGeneration } from './generation-choice.ts';
import { type RecoveredLog, recoverLog } from './log-recovery.ts';
import { quarantineLogs } from './quarantine.ts';
import type { RecoveryReport } from './recovery-report.ts';

/**
 * A compaction of the writer can remove the files that a reader is opening: the reader tries again this often. A log is
 * replaced at most once in about a MiB of writes, so the first attempt nearly always succeeds.
 */
const READER_ATTEMPTS_MAX = 100;

/** A store, opened: its log and index, and what its parts share. */
export interface OpenedStore extends RecoveredLog {
  readonly context: StoreContext;
  /** Whether another process may still write to the log, so that a new one must replace it before anything is appended. */
  readonly isShared: boolean;
  /** When opening began, by `performance.now()`. */
  readonly startedMs: number;
}

/**
 * Opens the directory, takes the lock, recovers the log and removes all other generations. On failure no file stays
 * open and the lock is released. It waits for the lock as `settings` say; `blocks`: whether the thread blocks meanwhile.
 */
export function* openStore(
  path: string,
  settings: StoreSettings,
  environment: LogStoreEnvironment,
  how: { readonly blocks: boolean },
): Pausing<OpenedStore> {
  const startedMs = performance.now();
  const handle = guardedHandler('onEvent', settings.onEvent);
  const emit: StoreEventHandler = (event) => handle(withJsonForm(event));
  // Before the lock is taken: a platform without it throws.
  const random = environment.random ?? platformRandom(fillRandomly);
  const directory = openDirectory(path, settings, environment);
  const openOnce = (): OpenedStore => {
    const lock = settings.readOnly ? undefined : takeLock(directory, settings.leaseMs, emit);
    const context = new StoreContext({ settings, directory, lock, emit, random, later: environment.later });
    return { ...recoverStore(path, context, lock), startedMs };
  };
  const waitMs = settings.waitForLockMs;
  const onWait = (error: StoreError): void => emit({ type: 'lock-awaited', waitMs, error });
  return yield* retryWhileLocked(openOnce, { waitMs, blocks: how.blocks, onWait });
}

/** Opens the store in a directory whose lock is taken, and releases the lock if that fails. */
function recoverStore(
  path: string,
  context: StoreContext,
  lock: StorageLock | undefined,
): Omit<OpenedStore, 'startedMs'> {
  const { readOnly } = context.settings;
  try {
    const opened = readOnly ? openForReading(context) : openForWriting(context);
    const wasTakenOver = lock?.takenOverFrom !== undefined;
    const report = wasTakenOver ? { ...opened.report, clean: false } : opened.report;
    if (!report.clean) context.emit({ type: 'recovered', report });
    // A log that was just created has a name and a file that no other process has open.
    const isShared = lock?.previousOwnerMayLive === true && report.generation > 0;
    return { ...opened, report, context, isShared };
  } catch (error) {
    // The failure that is under way is the one to report, and this process holds the lock no longer in any case.
    attempt(
      () => context.releaseLock(),
      () => {},
    );
    throw openingFailure(path, error);
  }
}

/** An opening that has lost its lock can be tried again, unlike an instance that has accepted writes. */
export function openingFailure(path: string, error: unknown): StoreError {
  const failure = storageFailure(`open ${path}`, error);
  if (failure.code !== 'POISONED') return failure;
  const message = `another process took the lock of ${path} while this one was opening it: open it again`;
  return new StoreError('LOCKED', message, { cause: error });
}

function openDirectory(path: string, settings: StoreSettings, environment: LogStoreEnvironment): StorageDirectory {
  try {
    return environment.storage.openDirectory(path, { create: !settings.readOnly });
  } catch (error) {
    throw storageFailure(`open the directory ${path}`, error);
  }
}

function takeLock(directory: StorageDirectory, leaseMs: number | undefined, emit: StoreEventHandler): StorageLock {
  try {
    const lock = directory.lock(leaseMs === undefined ? {} : { leaseMs, onRenewedLate: renewedLate(leaseMs, emit) });
    if (lock.takenOverFrom !== undefined) emit({ type: 'lock-taken-over', from: lock.takenOverFrom });
    return lock;
  } catch (error) {
    throw storageFailure('take the lock', error);
  }
}

function renewedLate(leaseMs: number, emit: StoreEventHandler): (ageMs: number) => void {
  return (ageMs) => emit({ type: 'lease-renewed-late', leaseMs, ageMs: Math.round(ageMs) });
}

function openForWriting(context: StoreContext): RecoveredLog {
  const opened = openLog(context);
  const obsolete = new ObsoleteGenerations(context);
  obsolete.collect(opened.log.generation);
  obsolete.finish();
  return opened;
}

/**
 * Opens the log that a reader sees now. The writer may switch to a new generation meanwhile: the files that were listed are
 * then gone or shorter, and what was read may be an older state.
 */
export function openForReading(context: StoreContext): RecoveredLog {
  for (let tries = 0; tries < READER_ATTEMPTS_MAX; tries += 1) {
    const opened = openLog(context);
    try {
      // Nothing found is no lie: a log that is damaged as a whole stays in the directory.
      const isLast = tries === READER_ATTEMPTS_MAX - 1;
      if (isCurrent(context.directory, opened) || (isLast && opened.report.generation === 0)) return opened;
    } catch (error) {
      attempt(
        () => closeRecovered(opened),
        () => {},
      );
      throw error;
    }
    closeRecovered(opened);
  }
  throw new StoreError(
    'IO',
    `the writer replaced the log ${READER_ATTEMPTS_MAX} times while it was read: open it again`,
  );
}

/** Closes the files of a log that is not used. */
export function closeRecovered({ index, log }: RecoveredLog): void {
  index.pending?.release();
  log.close();
}

/**
 * Whether the directory still holds the log, as long as it was when it was chosen; if no log was found, whether there is
 * still none. The end that was read is no measure: a part of the log that ends with a mark looks whole.
 */
function isCurrent(directory: StorageDirectory, { log, report, foundBytes }: RecoveredLog): boolean {
  const { logs } = listGenerations(directory);
  if (report.generation === 0) return logs.length === 0;
  return logs.includes(report.generation) && log.file.size() >= foundBytes;
}

/** Opens the log that is the store, or creates an empty store. For a writer everything in it is durable on return. */
function openLog(context: StoreContext): RecoveredLog {
  const { chosen, unreadable } = chooseGeneration(context.directory, context.settings.readOnly ? 'read' : 'write');
  if (chosen === undefined) return createStore(context, quarantineLogs(context, unreadable));
  const recovered = recoverLog(context, chosen);
  return 'log' in recovered ? recovered : createStore(context, recovered);
}

/** An empty store in a generation above all others; `report` says what was found instead of a store. */
function createStore(context: StoreContext, report: RecoveryReport): RecoveredLog {
  const index = new KeyIndex(context.random);
  if (context.settings.readOnly)
    return { log: emptyLog(context), index, lateReplay: undefined, report, image: NO_IMAGE, foundBytes: 0 };
  const log = createLog(context, 0);
  try {
    completeLog(log);
    context.directory.sync();
    log.appendMark(log.end);
    log.flush();
  } catch (error) {
    log.close();
    // Otherwise each attempt on a full disk would leave a file behind.
    attempt(() => context.directory.remove(log.name), context.onHousekeepingFailure);
    throw storageFailure('create the store', error);
  }
  return { log, index, lateReplay: undefined, report, image: NO_IMAGE, foundBytes: 0 };
}

/** The log of a reader in a directory without a store. */
function emptyLog({ pool, assertLockHeld }: StoreContext): LogFile {
  const file: StorageFile = {
    read: () => 0,
    write: () => 0,
    truncate: () => {},
    size: () => 0,
    sync: () => {},
    close: () => {},
  };
  return LogFile.create(file, logName(1), { generation: 1, salt: 0 }, pool, assertLockHeld);
}
