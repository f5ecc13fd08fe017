/**
 * Runs `task` every `milliseconds` until the returned function is called. The timer does not keep the process alive. `task`
 * must not throw.
 */
export function startTimer(milliseconds: number, task: () => void): () => void {
  const timer = setInterval(task, milliseconds);
  // On platforms where timers are plain numbers there is no `unref`.
  (timer as { unref?: () => void }).unref?.();
  return () => clearInterval(timer);
}

/** Runs a task once, after a delay in milliseconds, unless the returned function is called before. The task must not throw. */
export type Later = (delayMs: number, task: () => void) => () => void;

/** Read when the module is loaded: fake timers that a test installs later must not run background work. */
const platformTimeout: typeof setTimeout = setTimeout;

/** `Later` on a timer that does not keep the process alive. */
export function runLater(delayMs: number, task: () => void): () => void {
  const timer = platformTimeout(task, delayMs);
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer);
}
