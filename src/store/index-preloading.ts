import type { KeyIndex } from '../key-index/key-index.ts';

/** Read when the module is loaded: fake timers that a test installs later must not run it. */
const later: typeof setTimeout = setTimeout;

/**
 * Reads the rest of the index image in the background, in pieces between turns of the event loop, so that the first mutation
 * need not wait for it. It does not keep the process alive.
 */
export function preloadIndex(index: KeyIndex): void {
  if (index.isComplete) return;
  const timer = later(() => {
    // What cannot be read is left to the operation that needs it.
    index.preload().then(
      (hasMore) => hasMore && preloadIndex(index),
      () => {},
    );
  }, 0);
  // On platforms where timers are plain numbers there is no `unref`.
  (timer as { unref?: () => void }).unref?.();
}
