import type { NodePlatform } from './node-fs.ts';

/** Milliseconds between the attempts. They block the thread: 31 in all. */
const PAUSES_MS: readonly number[] = [1, 2, 4, 8, 16];

/**
 * Does the task, and again for a moment while it fails: a virus scanner may have the file open, descriptors run out, a
 * server stumble. The task must bear that an attempt which failed has done its work.
 */
export function patiently(node: NodePlatform, task: () => void): void {
  for (const pause of PAUSES_MS) {
    try {
      task();
      return;
    } catch {
      node.pause(pause);
    }
  }
  task();
}
