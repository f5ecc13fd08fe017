/** Runs `task` and passes what it throws to `onFailure` instead of the caller. Returns whether it succeeded. */
export function attempt(task: () => void, onFailure: (error: unknown) => void): boolean {
  try {
    task();
    return true;
  } catch (error) {
    onFailure(error);
    return false;
  }
}
