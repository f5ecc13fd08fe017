/** A call to the shared cache whose result is to be stored in the local one. */
export interface FillCall {
  readonly key: Uint8Array;
  /** Whether a deletion covers its key since it began: then its result must not be stored. */
  isVoid: boolean;
}

/**
 * Which results of the shared cache may be stored in the local one.
 *
 * A deletion, of this process or of another, may arrive while a call is under way whose result is from before it. Such a call is
 * void, and so is one that begins while a deletion of this process is under way.
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

  /** A deletion has taken effect, or may do so. */
  deleted(prefix: Uint8Array): void {
    for (const call of this.#calls) if (startsWith(call.key, prefix)) call.isVoid = true;
  }

  /** A deletion of this process begins. The function that it returns ends it. */
  beginDeletion(prefix: Uint8Array): () => void {
    const deletion = { prefix };
    this.#deletions.add(deletion);
    this.deleted(prefix);
    return () => {
      this.#deletions.delete(deletion);
      this.deleted(prefix);
    };
  }
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return key.length >= prefix.length && prefix.every((byte, at) => key[at] === byte);
}
