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
