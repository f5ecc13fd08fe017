/** One listener for each signal: Node warns of a leak when a signal has more than ten. */
const waiting = new WeakMap<AbortSignal, AbortWaits>();

/** The callbacks for one signal, behind one listener that exists while there are callbacks. */
class AbortWaits {
  readonly #signal: AbortSignal;
  readonly #waits = new Set<() => void>();
  readonly #abort = (): void => {
    for (const wait of [...this.#waits]) wait();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(wait: () => void): void {
    if (this.#waits.size === 0) this.#signal.addEventListener('abort', this.#abort);
    this.#waits.add(wait);
  }

  remove(wait: () => void): void {
    if (this.#waits.delete(wait) && this.#waits.size === 0) this.#signal.removeEventListener('abort', this.#abort);
  }
}

/** Calls `act` when the signal is aborted, at once if it already is. The function that it returns cancels that. */
function whenAborted(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) {
    act();
    return () => {};
  }
  let waits = waiting.get(signal);
  if (waits === undefined) {
    waits = new AbortWaits(signal);
    waiting.set(signal, waits);
  }
  // A new function each time, as the same `act` may be registered twice.
  const wait = (): void => act();
  waits.add(wait);
  return () => waits.remove(wait);
}

/** Settles as the promise does, or rejects with the reason of the signal when it is aborted first. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise<Value>((resolve, reject) => {
    // Handled even if the signal is already aborted: an unhandled rejection would end the process.
    promise.then(resolve, reject).finally(() => stop());
    const stop = whenAborted(signal, () => reject(signal.reason));
  });
}

/** Ends the waits of a sequence of promises when a signal is aborted, with one callback for all of them. */
export class Interruption {
  readonly #end: () => void;
  #interrupt: (() => void) | undefined;
  #isInterrupted = false;

  constructor(signal: AbortSignal) {
    this.#end = whenAborted(signal, () => {
      this.#isInterrupted = true;
      this.#interrupt?.();
    });
  }

  /** Settles as the promise does, or resolves to `undefined` when the signal is aborted first. One wait at a time. */
  wait<Value>(promise: PromiseLike<Value>): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      this.#interrupt = () => resolve(undefined);
      if (this.#isInterrupted) this.#interrupt();
    });
  }

  end(): void {
    this.#end();
  }
}
