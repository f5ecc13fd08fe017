import { StoreError } from '../base/store-error.ts';

/** Calls `act` after `ms` milliseconds. The function that it returns cancels that. */
type StartTimer = (act: () => void, ms: number) => () => void;

const TIMEOUT_MAX_MS: number = 2 ** 31 - 1;

/** Limits the time for each call. */
export class CallDeadline {
  readonly ms: number;
  readonly #startTimer: StartTimer;

  /** Throws `RangeError` unless `ms` is an integer from 1 to 2^31 - 1. */
  constructor(name: string, ms: number, startTimer: StartTimer = systemTimer) {
    if (!Number.isSafeInteger(ms) || ms < 1 || ms > TIMEOUT_MAX_MS) {
      throw new RangeError(`${name} must be an integer from 1 to ${TIMEOUT_MAX_MS}, not ${String(ms)}`);
    }
    this.ms = ms;
    this.#startTimer = startTimer;
  }

  /** Resolves to the answer. Rejects with `CACHE_FAILED` when the time for it is over; what it waits for continues. */
  within<Answer>(answer: Promise<Answer>, exceeded: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const stop = this.#startTimer(() => {
        reject(new StoreError('CACHE_FAILED', `${exceeded} within ${this.ms} ms`));
      }, this.ms);
      answer.then(resolve, reject).finally(stop);
    });
  }
}

function systemTimer(act: () => void, ms: number): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
