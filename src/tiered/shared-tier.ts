import { guardedHandler } from '../base/guarded-handler.ts';
import { StoreError } from '../base/store-error.ts';
import type { TieredCacheOptions, TieredSettings } from './tiered-options.ts';

/** When the shared cache may be asked, and what became of that. */
export class SharedTier {
  readonly #settings: TieredSettings;
  readonly #onFailure: (error: unknown) => void;
  /** Since when it is not asked, and the error of readings meanwhile. */
  #rest: { readonly sinceMs: number; readonly error: StoreError } | undefined;
  #failures = 0;

  constructor(settings: TieredSettings, onFailure: TieredCacheOptions['onFailure']) {
    this.#settings = settings;
    this.#onFailure = guardedHandler('onFailure', onFailure);
  }

  /** How many calls of the shared cache have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Calls the shared cache, unless it has failed just now. Rejects with its errors. */
  async ask<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.#rest !== undefined && this.#settings.nowMs() - this.#rest.sinceMs < this.#settings.retryAfterMs) {
      throw this.#rest.error;
    }
    return await this.call(act);
  }

  /** Calls the shared cache in any case. */
  async call<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      const result = await act();
      this.#rest = undefined;
      return result;
    } catch (error) {
      if (isFailure(error)) this.#failed(error);
      throw error;
    }
  }

  /** Passes an error that no call rejects with to `onFailure`, except for that of a call that was not made. */
  report(error: unknown): void {
    if (error !== this.#rest?.error) this.#onFailure(error);
  }

  #failed(cause: unknown): void {
    this.#failures += 1;
    const { nowMs, retryAfterMs } = this.#settings;
    const message = `the shared cache has failed less than ${retryAfterMs} ms ago`;
    this.#rest = { sinceMs: nowMs(), error: new StoreError('CACHE_FAILED', message, { cause }) };
  }
}

/** Whether the cache itself failed: not for an argument that it refused. */
function isFailure(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return false;
  return !(error instanceof StoreError && error.code === 'TOO_LARGE');
}
