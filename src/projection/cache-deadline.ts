import { assertFunction } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';

/** Calls `act` after so many milliseconds, unless what it returns is called before. */
export type StartTimer = (act: () => void, ms: number) => () => void;

/** How long a projector waits for a cache. */
export interface CacheDeadlineOptions {
  /**
   * Milliseconds that each answer of an asynchronous cache is waited for; a positive integer up to 2^31 - 1, default 5,000.
   * Beyond them the cache has failed, `CACHE_FAILED`.
   */
  readonly cacheTimeoutMs?: number;
  /** Measures them; default: `setTimeout`. */
  readonly startTimer?: StartTimer;
}

const TIMEOUT_DEFAULT_MS = 5_000;
const TIMEOUT_MAX_MS: number = 2 ** 31 - 1;

/** Bounds how long the answers of a cache are waited for. */
export class CacheDeadline {
  readonly #ms: number;
  readonly #startTimer: StartTimer;

  /** Throws `TypeError` or `RangeError` that names the option. */
  constructor({ cacheTimeoutMs = TIMEOUT_DEFAULT_MS, startTimer = systemTimer }: CacheDeadlineOptions) {
    if (!Number.isSafeInteger(cacheTimeoutMs) || cacheTimeoutMs < 1 || cacheTimeoutMs > TIMEOUT_MAX_MS) {
      const range = `a positive integer up to ${TIMEOUT_MAX_MS}`;
      throw new RangeError(`cacheTimeoutMs must be ${range}, not ${String(cacheTimeoutMs)}`);
    }
    assertFunction(startTimer, 'startTimer');
    this.#ms = cacheTimeoutMs;
    this.#startTimer = startTimer;
  }

  /** Calls `late` when the time for an answer is over. Returns what stops that. */
  start(late: () => void): () => void {
    return this.#startTimer(late, this.#ms);
  }

  /** The answer, or a rejection with `CACHE_FAILED` once its time is over. */
  within<Answer>(answer: PromiseLike<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const stop = this.start(() => {
        reject(new StoreError('CACHE_FAILED', `the cache did not answer within ${this.#ms} ms: see cacheTimeoutMs`));
      });
      answer.then(resolve, reject).then(stop);
    });
  }
}

function systemTimer(act: () => void, ms: number): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
