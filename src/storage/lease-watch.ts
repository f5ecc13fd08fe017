import type { NodePlatform } from './node-fs.ts';
import type { LockLook, NodeLockFiles } from './node-lock-files.ts';

/** What a file was when it was first seen so, and when that was. */
interface Sighting extends LockLook {
  readonly since: number;
}

/**
 * Watches the locks of other owners from one attempt to take a lock to the next, and decides whether a lease has ended.
 *
 * It has ended when both are true:
 * 1. The file has not changed since this watch first saw it as it is, and that is one lease ago by this process's clock,
 *    which is never set. A renewal changes contents and time.
 * 2. The file was last written one lease before another file of this attempt, by the clock of the file system, which is the
 *    same for all owners. So a process that sees an old copy of the directory, as network file systems may show, does not
 *    conclude from it.
 */
export class LeaseWatch {
  readonly #node: NodePlatform;
  readonly #sightings = new Map<string, Sighting>();

  constructor(node: NodePlatform) {
    this.#node = node;
  }

  /** Looks at the file `name`. `draft` was written in this attempt. Errors of the platform prove nothing and are thrown. */
  hasEnded(files: NodeLockFiles, name: string, draft: string, leaseMs: number): boolean {
    const seen = files.look(name);
    const written = files.look(draft);
    if (seen === undefined || written === undefined) return false;
    const now = this.#node.elapsed();
    const before = this.#sightings.get(name);
    if (before === undefined || before.content !== seen.content || before.modifiedMs !== seen.modifiedMs) {
      this.#sightings.set(name, { ...seen, since: now });
      return false;
    }
    return now - before.since >= leaseMs && written.modifiedMs - seen.modifiedMs >= leaseMs;
  }
}
