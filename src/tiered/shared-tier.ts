import { guardedHandler } from '../base/guarded-handler.ts';
import { StoreError } from '../base/store-error.ts';
import type { TieredCacheOptions, TieredSettings } from './tiered-options.ts';

/** When the shared cache may be asked, and what became of that. */
export class SharedTier {
  readonly #settings: TieredSettings;
  readonly #onFailure: (error: unknown) => void;
  readonly #underWay = new Set<Promise<unknown>>();
  #failedAtMs: number | undefined;
  #failures = 0;

  constructor(settings: TieredSettings, onFailure: TieredCacheOptions['onFailure']) {
    this.#settings = settings;
    this.#onFailure = guardedHandler('onFailure', onFailure);
  }

  /** How many calls of the shared cache have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Asks the shared cache, unless it has failed just now. Rejects with its errors. */
  async ask<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.#isResting()) {
      throw new StoreError(
        'CACHE_FAILED',
        `the shared cache has failed less than ${this.#settings.retryAfterMs} ms ago`,
      );
    }
    return await this.tell(act);
  }

  /** Calls the shared cache in any case. */
  async tell<Result>(act: () => Promise<Result>): Promise<Result> {
    const call = act();
    this.#underWay.add(call);
    try {
      const result = await call;
      this.#failedAtMs = undefined;
      return result;
    } catch (error) {
      if (isFailure(error)) {
        this.#failures += 1;
        this.#failedAtMs = this.#settings.nowMs();
      }
      throw error;
    } finally {
      this.#underWay.delete(call);
    }
  }

  /** Passes an error that no call rejects with to `onFailure`. */
  report(error: unknown): void {
    this.#onFailure(error);
  }

  /** Resolves when the calls under way have ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  #isResting(): boolean {
    const { nowMs, retryAfterMs } = this.#settings;
    return this.#failedAtMs !== undefined && nowMs() - this.#failedAtMs < retryAfterMs;
  }
}

/** Whether the cache itself failed: not for an argument that it refused. */
function isFailure(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return false;
  return !(error instanceof StoreError && error.code === 'TOO_LARGE');
}
