/** Pauses between the attempts, in milliseconds. They block the thread: 31 in total. */
const PAUSES_MS: readonly number[] = [1, 2, 4, 8, 16];

/**
 * Runs a task and retries it briefly after errors: a virus scanner may have the file open, descriptors may run out, a
 * server may fail for a moment. The task must tolerate a retry after an attempt that failed but took effect. `isTransient`:
 * whether an error may pass; default: every error.
 */
export function retryBriefly<Result>(
  node: { readonly pause: (milliseconds: number) => void },
  task: () => Result,
  isTransient: (error: unknown) => boolean = () => true,
): Result {
  for (const pause of PAUSES_MS) {
    try {
      return task();
    } catch (error) {
      if (!isTransient(error)) throw error;
      node.pause(pause);
    }
  }
  return task();
}
