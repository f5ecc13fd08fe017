import { StoreError } from '../base/store-error.ts';
import type { StoreEventHandler } from './store-event.ts';

/** Whether a store may be read and written, and why not. */
export class WriteGate {
  readonly #readOnly: boolean;
  readonly #emit: StoreEventHandler;
  #closed = false;
  #poison: StoreError | undefined;
  #backgroundFailure: StoreError | undefined;

  constructor(readOnly: boolean, emit: StoreEventHandler) {
    this.#readOnly = readOnly;
    this.#emit = emit;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether nothing is written any more: closed, poisoned or read-only. */
  get shut(): boolean {
    return this.#closed || this.#readOnly || this.#poison !== undefined;
  }

  close(): void {
    this.#closed = true;
  }

  assertOpen(): void {
    if (this.#closed) throw new StoreError('CLOSED', 'the store is closed: open it again');
  }

  /** Throws why nothing can be written, or what a write in the background failed with since the last call. */
  assertWritable(): void {
    this.assertOpen();
    if (this.#readOnly) throw new StoreError('READ_ONLY', 'the store was opened with `readOnly`: open it without');
    const failure = this.#backgroundFailure;
    this.#backgroundFailure = undefined;
    if (this.#poison !== undefined) throw this.#poison;
    if (failure !== undefined) throw failure;
  }

  /** Throws `POISONED` where writing is over. */
  assertSound(): void {
    if (this.#poison !== undefined) throw this.#poison;
  }

  /** Throws what writing in the background failed with and no call has thrown yet. */
  assertTold(): void {
    if (this.#backgroundFailure !== undefined) throw this.#backgroundFailure;
  }

  /** Ends writing for good: what reached the disk is unknown, or belongs to another owner. Returns the error to throw. */
  poison(cause: unknown): StoreError {
    if (this.#poison === undefined) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `writing is over for this instance (${reason}); reads still work: close the store and open it again`;
      this.#poison = new StoreError('POISONED', message, { cause });
      this.#emit({ type: 'poisoned', error: this.#poison });
    }
    return this.#poison;
  }

  /** The same where no caller sees the error. */
  poisonInBackground(cause: unknown): void {
    this.#backgroundFailure = this.poison(cause);
  }

  /** Keeps a failure that no caller saw for the next one that writes. */
  failInBackground(error: StoreError): void {
    this.#backgroundFailure = error;
    this.#emit({ type: 'background-write-failed', error });
  }
}
