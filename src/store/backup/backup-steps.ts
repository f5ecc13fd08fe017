import { nextTurn } from '../../base/pauses.ts';
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
      file?.sync();
      check();
    });
  }
  return step.value;
}

/** Runs the steps in turns of the event loop; files are synced off the thread where that is possible. */
export async function runInTurns<Result>(steps: BackupSteps<Result>, check: () => void): Promise<Result> {
  let step = steps.next();
  while (step.done !== true) {
    const waited = await settled(wait(step.value));
    step = resume(steps, () => {
      waited();
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

async function wait(file: StorageFile | undefined): Promise<void> {
  if (file?.syncAsync === undefined) {
    file?.sync();
    await nextTurn();
  } else {
    await file.syncAsync();
  }
}

/** Resolves to a function that throws what the promise rejected with, if it did. */
async function settled(promise: Promise<void>): Promise<() => void> {
  try {
    await promise;
    return () => {};
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
