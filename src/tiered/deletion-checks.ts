import type { SharedDeletions } from '../contract/cache-reading.ts';
import type { SharedTier } from './shared-tier.ts';
import type { TieredSettings } from './tiered-options.ts';

/** How often the list of deletions is read at least, while the cache is in use. */
const CHECK_EVERY_MAX_MS = 500;

/** What is done with the deletions of the shared cache. */
interface DeletionTarget {
  /** The newest deletion that it knows. */
  readonly epoch: () => bigint;
  readonly apply: (deletions: SharedDeletions) => void;
}

/**
 * Reads the list of deletions: after each notification, and from time to time while the cache is in use, as notifications may be lost.
 * The time of a check is that before the list was read, so that no deletion counts as known that the list does not have.
 */
export class DeletionChecks {
  readonly #settings: TieredSettings;
  readonly #shared: SharedTier;
  readonly #target: DeletionTarget;
  #checkedAtMs: number | undefined;
  #checking: Promise<void> | undefined;
  #mustCheckAgain = false;
  #stopWatching: Promise<(() => Promise<void>) | undefined> | undefined;
  #watchFailedAtMs = Number.NEGATIVE_INFINITY;
  #isOver = false;
  #count = 0;

  constructor(settings: TieredSettings, shared: SharedTier, target: DeletionTarget) {
    this.#settings = settings;
    this.#shared = shared;
    this.#target = target;
  }

  /** How often the list was read. */
  get count(): number {
    return this.#count;
  }

  /** Whether the deletions were known at most `uncheckedMaxMs` ago. Starts a check when one is due. */
  areKnown(): boolean {
    const { shared, uncheckedMaxMs, nowMs } = this.#settings;
    if (shared.deletionsSince === undefined) return true;
    const ageMs = nowMs() - (this.#checkedAtMs ?? Number.NEGATIVE_INFINITY);
    if (ageMs >= Math.min(uncheckedMaxMs / 2, CHECK_EVERY_MAX_MS)) this.#checkSoon();
    return this.#checkedAtMs !== undefined && ageMs <= uncheckedMaxMs;
  }

  /** Resolves when the deletions before the call are applied. Rejects with errors of the shared cache. */
  async check(): Promise<void> {
    // A check under way may have read the list before the deletion that the caller means.
    await this.#checking?.catch(() => {});
    await this.#check();
  }

  /** Starts to listen for deletions, at the first use and some time after a failure. */
  watch(): void {
    const { shared, nowMs, retryAfterMs } = this.#settings;
    if (this.#stopWatching !== undefined || nowMs() - this.#watchFailedAtMs < retryAfterMs) return;
    const notified = (): void => {
      if (!this.#isOver) this.#checkSoon(true);
    };
    const watching = shared.watchDeletions?.(notified) ?? Promise.resolve(undefined);
    this.#stopWatching = watching.catch((error: unknown) => {
      // The list is read nevertheless, and a later use tries to listen again.
      this.#stopWatching = undefined;
      this.#watchFailedAtMs = nowMs();
      this.#shared.report(error);
      return undefined;
    });
  }

  /** Stops to listen. Resolves when no check is under way. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#checking?.catch(() => {});
    const stop = await this.#stopWatching;
    await stop?.().catch(() => {});
  }

  /** `isNews`: a check that is under way may have missed it. */
  #checkSoon(isNews = false): void {
    if (this.#checking === undefined) this.#check().catch((error: unknown) => this.#shared.report(error));
    else this.#mustCheckAgain ||= isNews;
  }

  #check(): Promise<void> {
    this.#checking ??= this.#checkOnce().finally(() => {
      this.#checking = undefined;
      if (!this.#mustCheckAgain || this.#isOver) return;
      this.#mustCheckAgain = false;
      this.#checkSoon();
    });
    return this.#checking;
  }

  async #checkOnce(): Promise<void> {
    const { shared, nowMs } = this.#settings;
    const atMs = nowMs();
    const deletions = await this.#shared.ask(async () => await shared.deletionsSince?.(this.#target.epoch()));
    if (deletions === undefined) return;
    this.#count += 1;
    this.#target.apply(deletions);
    this.#checkedAtMs = atMs;
  }
}
