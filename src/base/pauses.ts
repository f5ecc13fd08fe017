/** Work that sometimes has to wait: it yields how long, in milliseconds. */
export type Pausing<Result> = Generator<number, Result, void>;

/**
 * Runs the work and blocks the thread while it waits. Throws `TypeError` in a thread that must not block, such as the main
 * thread of a browser.
 */
export function runBlocking<Result>(work: Pausing<Result>): Result {
  let step = work.next();
  while (step.done !== true) {
    try {
      blockThread(step.value);
    } catch (error) {
      work.return(undefined as Result);
      throw new TypeError('this thread must not block: use openAsync, which waits without blocking', { cause: error });
    }
    step = work.next();
  }
  return step.value;
}

/** Runs the work and lets the event loop run while it waits. An abort ends the work and rejects with its reason. */
export async function runUnblocked<Result>(work: Pausing<Result>, signal?: AbortSignal): Promise<Result> {
  signal?.throwIfAborted();
  let step = work.next();
  while (step.done !== true) {
    try {
      await pause(step.value, signal);
    } catch (error) {
      work.return(undefined as Result);
      throw error;
    }
    step = work.next();
  }
  return step.value;
}

/** Blocks the thread. Throws where that is not allowed. */
export function blockThread(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, milliseconds);
}

/** Resolves in a later turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}
