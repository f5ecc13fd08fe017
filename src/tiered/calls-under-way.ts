import { startsWith } from '../base/byte-keys.ts';

/** A call to the shared cache whose result is to be stored in the local one. */
export interface FillCall {
  readonly key: Uint8Array;
  /** Whether something newer is known about its key since it began: then its result must not be stored. */
  isVoid: boolean;
}

/**
 * Which results of the shared cache may be stored in the local one.
 *
 * A deletion, of this process or of another, or a put of the same key may end while a call is under way whose result is from before
 * it. Such a call is void, and so is one that begins while a deletion of this process is under way.
 */
export class CallsUnderWay {
  readonly #calls = new Set<FillCall>();
  readonly #deletions = new Set<{ readonly prefix: Uint8Array }>();

  begin(key: Uint8Array): FillCall {
    const isVoid = [...this.#deletions].some(({ prefix }) => startsWith(key, prefix));
    const call = { key, isVoid };
    this.#calls.add(call);
    return call;
  }

  end(call: FillCall): void {
    this.#calls.delete(call);
  }

  /** Something has changed, or may have changed, under the keys that start with `prefix`. */
  changed(prefix: Uint8Array): void {
    for (const call of this.#calls) if (startsWith(call.key, prefix)) call.isVoid = true;
  }

  /** A deletion of this process begins. The function that it returns ends it. */
  beginDeletion(prefix: Uint8Array): () => void {
    const deletion = { prefix };
    this.#deletions.add(deletion);
    this.changed(prefix);
    return () => {
      this.#deletions.delete(deletion);
      this.changed(prefix);
    };
  }
}
