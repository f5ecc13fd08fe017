import { kindOf } from '../base/argument.ts';

/** What waits for each signal: Node warns of a leak where one signal has more than ten listeners. */
const waiting = new WeakMap<AbortSignal, AbortWaits>();

/** Those who wait for one signal, behind one listener that is there while anybody waits. */
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

/** Calls `act` as soon as the signal is aborted, at once where it is already. Returns what ends that. */
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
  // Each has a place of its own, also where one function waits twice.
  const wait = (): void => act();
  waits.add(wait);
  return () => waits.remove(wait);
}

/** The promise's outcome, or a rejection with the signal's reason as soon as that is aborted. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise<Value>((resolve, reject) => {
    // Listened to even where the signal is aborted already: a rejection that nobody hears would end the process.
    promise.then(resolve, reject).finally(() => stop());
    const stop = whenAborted(signal, () => reject(signal.reason));
  });
}

/** Lets work go on that waits for one promise after another, once a signal is aborted: one listener for all its waits. */
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

  /** The promise's outcome; `undefined` as soon as the signal is aborted. One wait at a time. */
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

/** Throws `TypeError` for an invalid signal, an `AbortController` perhaps. */
export function assertSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  // By its methods: a signal may come from another realm.
  const { aborted, throwIfAborted, addEventListener, removeEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  const methods = [throwIfAborted, addEventListener, removeEventListener];
  if (typeof aborted === 'boolean' && methods.every((method) => typeof method === 'function')) return;
  throw new TypeError(`signal must be an AbortSignal; got ${kindOf(signal)}`);
}
