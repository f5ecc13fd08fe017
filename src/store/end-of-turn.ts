/** Taken when the module is loaded, so that fake timers of a test, put in place later, do not keep a sync from starting. */
const later: (task: () => void) => unknown = typeof setImmediate === 'function' ? setImmediate : setTimeout;

/** Runs a task at the end of the current turn of the event loop; it keeps the process alive until then. */
export function endOfTurn(task: () => void): void {
  later(task);
}
