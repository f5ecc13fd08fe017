import { StoreError } from '../base/store-error.ts';
import { isDomException } from './dom-failure.ts';
import type { WebLocks } from './opfs-platform.ts';

/** A lock of `navigator.locks`: exclusive in its origin, and released by the browser when its worker ends in any way. */
export class WebLock {
  readonly #release: () => void;
  #isHeld = true;

  private constructor(release: () => void) {
    this.#release = release;
  }

  /**
   * Takes the lock, or waits up to `waitMs` for it. Rejects with `LOCKED` if another worker still holds it; `what` names what
   * is locked in the message.
   */
  static take(locks: WebLocks, name: string, { waitMs, what }: WebLockTerms): Promise<WebLock> {
    return new Promise((resolve, reject) => {
      const refuse = (cause?: unknown): void => reject(heldElsewhere(what, cause));
      let taken: WebLock | undefined;
      const hold = (lock: object | null): Promise<void> | undefined => {
        if (lock === null) {
          refuse();
          return undefined;
        }
        return new Promise((release) => {
          taken = new WebLock(release);
          resolve(taken);
        });
      };
      const options = waitMs === 0 ? { ifAvailable: true } : { signal: AbortSignal.timeout(waitMs) };
      locks.request(name, options, hold).catch((error: unknown) => {
        // After the lock was taken, a rejection means that another worker has stolen it.
        if (taken !== undefined) taken.#isHeld = false;
        else if (isDomException(error, 'TimeoutError') || isDomException(error, 'AbortError')) refuse(error);
        else reject(error);
      });
    });
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Further calls do nothing. */
  release(): void {
    this.#isHeld = false;
    this.#release();
  }
}

/** How long to wait for a lock, and what it locks. */
export interface WebLockTerms {
  /** In milliseconds; 0: not at all. */
  readonly waitMs: number;
  readonly what: string;
}

function heldElsewhere(what: string, cause: unknown): StoreError {
  const message =
    `${what} is open in another tab or worker of this origin: close it there, wait longer with waitForLockMs, ` +
    'or share one cache between the tabs with serveCache and WorkerCache';
  return new StoreError('LOCKED', message, { cause });
}
