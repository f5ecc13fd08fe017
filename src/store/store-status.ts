import { StoreError } from '../base/store-error.ts';
import type { StoreEventHandler } from './store-event.ts';

/** Whether a store can be read and written, and the reason if not. */
export class StoreStatus {
  readonly #readOnly: boolean;
  readonly #emit: StoreEventHandler;
  #closed = false;
  #poison: StoreError | undefined;
  #backgroundFailure: StoreError | undefined;
  /** Failures in the background since the log was last written. */
  #failures = 0;

  constructor(readOnly: boolean, emit: StoreEventHandler) {
    this.#readOnly = readOnly;
    this.#emit = emit;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether the store still writes: it is neither closed nor poisoned nor read-only. */
  get isWritable(): boolean {
    return !(this.#closed || this.#readOnly) && this.#poison === undefined;
  }

  close(): void {
    this.#closed = true;
  }

  /** Throws `CLOSED` after `close`. */
  assertOpen(): void {
    if (this.#closed) throw new StoreError('CLOSED', 'the store is closed: open it again');
  }

  /**
   * Throws the reason why the store cannot be written: `CLOSED`, `READ_ONLY` or `POISONED`. Also throws, once, the
   * failure of a write in the background.
   */
  assertWritable(): void {
    this.assertOpen();
    if (this.#readOnly)
      throw new StoreError(
        'READ_ONLY',
        'the store was opened with `readOnly: true`: open it without that option to write',
      );
    const failure = this.#backgroundFailure;
    this.#backgroundFailure = undefined;
    if (this.#poison !== undefined) throw this.#poison;
    if (failure !== undefined) throw failure;
  }

  assertNotPoisoned(): void {
    if (this.#poison !== undefined) throw this.#poison;
  }

  /** Throws the failure of a write in the background that no call has thrown yet. */
  throwBackgroundFailure(): void {
    if (this.#backgroundFailure !== undefined) throw this.#backgroundFailure;
  }

  /** Ends writing: the disk may hold anything now, or another process owns it. Returns the error to throw. */
  poison(cause: unknown): StoreError {
    if (this.#poison === undefined) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `writing is over for this instance (${reason}); reads still work: close the store and open it again`;
      this.#poison = new StoreError('POISONED', message, { cause });
      this.#emit({ type: 'poisoned', error: this.#poison });
    }
    return this.#poison;
  }

  /** `poison` for a failure that no caller sees: the next mutation, sync or `close` throws it. */
  poisonInBackground(cause: unknown): void {
    this.#backgroundFailure = this.poison(cause);
  }

  /** Keeps a failure that no caller sees; the next mutation, sync or `close` throws it. */
  failInBackground(error: StoreError): void {
    this.#backgroundFailure = error;
    this.#failures += 1;
    this.#emit({ type: 'background-write-failed', error });
  }

  /** Everything accepted so far has been written to the log. */
  reportWritten(): void {
    const failures = this.#failures;
    if (failures === 0 || this.#poison !== undefined) return;
    this.#failures = 0;
    this.#emit({ type: 'background-writes-resumed', failures });
  }
}
