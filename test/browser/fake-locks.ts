import type { WebLocks } from '../../src/browser/opfs-platform.ts';

interface Request {
  readonly owner: object;
  /** Takes the lock. `granted` is settled when its holder releases it. */
  readonly grant: () => void;
}

interface Holder {
  readonly owner: object;
  readonly lose: (error: Error) => void;
}

/** The locks of one origin: exclusive ones, in the order of the requests. */
export class FakeLocks {
  readonly #holders = new Map<string, Holder>();
  readonly #queues = new Map<string, Request[]>();

  /** The locks as one worker sees them. */
  of(owner: object): WebLocks {
    return {
      request: (name, options, callback) => this.#request(owner, name, options, callback),
    };
  }

  isHeld(name: string): boolean {
    return this.#holders.has(name);
  }

  /** Ends a worker: what it holds is released, and what it waits for is forgotten. */
  kill(owner: object): void {
    for (const [name, queue] of this.#queues) {
      this.#queues.set(
        name,
        queue.filter((request) => request.owner !== owner),
      );
    }
    for (const [name, holder] of [...this.#holders]) if (holder.owner === owner) this.#released(name, holder);
  }

  /** Another worker steals the lock, which a browser reports to the holder. */
  steal(name: string): void {
    const holder = this.#holders.get(name);
    this.#holders.delete(name);
    holder?.lose(exception('AbortError', 'the lock was stolen'));
  }

  #request(
    owner: object,
    name: string,
    { ifAvailable = false, signal }: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    callback: (lock: object | null) => Promise<void> | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request: Request = {
        owner,
        grant: () => {
          const holder: Holder = { owner, lose: reject };
          this.#holders.set(name, holder);
          const done = (): void => this.#released(name, holder);
          queueMicrotask(() => {
            Promise.resolve(callback({ name })).finally(done).then(resolve, reject);
          });
        },
      };
      if (!this.#holders.has(name)) return request.grant();
      if (ifAvailable) return resolve(callback(null));
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, [...queue, request]);
      signal?.addEventListener('abort', () => {
        const waiting = this.#queues.get(name) ?? [];
        if (!waiting.includes(request)) return;
        this.#queues.set(
          name,
          waiting.filter((other) => other !== request),
        );
        reject(signal.reason);
      });
    });
  }

  #released(name: string, holder: Holder): void {
    if (this.#holders.get(name) !== holder) return;
    this.#holders.delete(name);
    const [next, ...rest] = this.#queues.get(name) ?? [];
    this.#queues.set(name, rest);
    next?.grant();
  }
}

/** An exception as a browser throws it: its name says what happened. */
export function exception(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
