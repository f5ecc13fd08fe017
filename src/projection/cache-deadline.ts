import { assertFunction } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';

/** Calls `act` after `ms` milliseconds. The function that it returns cancels that. */
export type StartTimer = (act: () => void, ms: number) => () => void;

/** How long an `AsyncProjector` waits for an asynchronous cache. */
export interface CacheDeadlineOptions {
  /**
   * The maximum time for each answer of an asynchronous cache, in milliseconds; an integer from 1 to 2^31 - 1, default 5,000.
   * A later answer counts as a failure of the cache: the events are folded, and `invalidate` and `sweep` reject with
   * `CACHE_FAILED`.
   */
  readonly cacheTimeoutMs?: number;
  /** Starts the timers for `cacheTimeoutMs`; default: `setTimeout` and `clearTimeout`. */
  readonly startTimer?: StartTimer;
}

const TIMEOUT_DEFAULT_MS = 5_000;
const TIMEOUT_MAX_MS: number = 2 ** 31 - 1;

/** Limits the time for each answer of a cache. */
export class CacheDeadline {
  readonly #ms: number;
  readonly #startTimer: StartTimer;

  /** Throws `TypeError` or `RangeError` that names the invalid option. */
  constructor({ cacheTimeoutMs = TIMEOUT_DEFAULT_MS, startTimer = systemTimer }: CacheDeadlineOptions) {
    if (!Number.isSafeInteger(cacheTimeoutMs) || cacheTimeoutMs < 1 || cacheTimeoutMs > TIMEOUT_MAX_MS) {
      const range = `a positive integer up to ${TIMEOUT_MAX_MS}`;
      throw new RangeError(`cacheTimeoutMs must be ${range}, not ${String(cacheTimeoutMs)}`);
    }
    assertFunction(startTimer, 'startTimer');
    this.#ms = cacheTimeoutMs;
    this.#startTimer = startTimer;
  }

  /** Calls `late` when the time for an answer is over. The function that it returns cancels that. */
  start(late: () => void): () => void {
    return this.#startTimer(late, this.#ms);
  }

  /** The failure of a cache that has not answered in time, with the stream that the call was about, if it was one. */
  exceeded(about: { readonly stream?: string } = {}): StoreError {
    return new StoreError('CACHE_FAILED', `the cache did not answer within ${this.#ms} ms: see cacheTimeoutMs`, about);
  }

  /** Resolves to the answer. Rejects with `CACHE_FAILED` when the time for it is over. */
  within<Answer>(answer: PromiseLike<Answer>, about?: { readonly stream?: string }): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const stop = this.start(() => {
        reject(this.exceeded(about));
      });
      answer.then(resolve, reject).then(stop);
    });
  }
}

function systemTimer(act: () => void, ms: number): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
