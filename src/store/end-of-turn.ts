/** Runs a task at the end of the current turn of the event loop; it keeps the process alive until then. */
export const endOfTurn: (task: () => void) => void =
  typeof setImmediate === 'function' ? (task) => setImmediate(task) : (task) => setTimeout(task, 0);
