import { nextTurn } from '../../base/pauses.ts';
import { storageFailure } from '../../base/storage-failure.ts';
import type { StoreError } from '../../base/store-error.ts';
import type { StorageFile } from '../../storage/storage-backend.ts';

/**
 * Work in short steps. Between two of them it yields a file, which must be synced before the next step, or `undefined`,
 * so that the event loop can run.
 */
export type BackupSteps<Result> = Generator<StorageFile | undefined, Result, void>;

/** Runs the steps one after another. Before each, `check` can end the work by an error, which is thrown at the step. */
export function runAtOnce<Result>(steps: BackupSteps<Result>, check: () => void): Result {
  let step = steps.next();
  while (step.done !== true) {
    const file = step.value;
    step = resume(steps, () => {
      syncing(() => file?.sync());
      check();
    });
  }
  return step.value;
}

/** Runs the steps in turns of the event loop; files are synced off the thread where that is possible. */
export async function runInTurns<Result>(steps: BackupSteps<Result>, check: () => void): Promise<Result> {
  let step = steps.next();
  while (step.done !== true) {
    const failure = await failureOf(step.value);
    step = resume(steps, () => {
      if (failure !== undefined) throw failure;
      check();
    });
  }
  return step.value;
}

function resume<Result>(steps: BackupSteps<Result>, task: () => void): IteratorResult<StorageFile | undefined, Result> {
  try {
    task();
  } catch (error) {
    return steps.throw(error);
  }
  return steps.next();
}

/** Syncs the file off the thread if that is possible, or lets the event loop run. Resolves to the error of the sync. */
async function failureOf(file: StorageFile | undefined): Promise<StoreError | undefined> {
  try {
    if (file?.syncAsync !== undefined) await file.syncAsync();
    else file?.sync();
  } catch (error) {
    return storageFailure('sync the copy', error);
  }
  await nextTurn();
  return undefined;
}

function syncing(sync: () => void): void {
  try {
    sync();
  } catch (error) {
    throw storageFailure('sync the copy', error);
  }
}
