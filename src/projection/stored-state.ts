import { assertBytes } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import { assertNoPromise } from './coroutine.ts';
import { onlyReads } from './json-codec.ts';
import type { StateCodec } from './projection.ts';

declare const checked: unique symbol;

/**
 * A cached projection as its value in the cache: one tag byte, then the encoded state where there is one. Callers share it
 * and it is stored again as it is, so nobody who could write to it is handed it, or a view of it.
 */
export type StoredState = Uint8Array & { readonly [checked]: true };

const Tag = { none: 0, state: 1 } as const;
const TAG_BYTES = 1;

/** The states of one projection as the cache stores them: its codec, with what that returns checked. */
export class StateEncoding<State> {
  readonly #name: string;
  readonly #codec: StateCodec<State>;
  readonly #encodedOf: (stored: StoredState) => Uint8Array;

  /** `name` is that of the projection, for messages. */
  constructor(name: string, codec: StateCodec<State>) {
    this.#name = name;
    this.#codec = codec;
    this.#encodedOf = onlyReads(codec) ? encodedView : encodedCopy;
  }

  /** Throws `STATE_CODEC` for a state that the codec does not take; `what` names it in the message. */
  encode(state: State | undefined, what = 'its state'): StoredState {
    if (state === undefined) return Uint8Array.of(Tag.none) as StoredState;
    try {
      const bytes = this.#codec.encode(state);
      assertNoPromise(bytes, '`encode`');
      assertBytes(bytes, 'what `encode` returns');
      return storedState(bytes);
    } catch (error) {
      throw this.#codecFailure(`encode ${what}`, error);
    }
  }

  /** A state of the caller's own. Throws what the codec throws, and `TypeError` where it gives no state. */
  decode(stored: StoredState): State | undefined {
    if (stored[0] !== Tag.state) return undefined;
    const state = this.#codec.decode(this.#encodedOf(stored));
    assertState(state, '`decode`');
    return state;
  }

  /** The same for what was just encoded. Not to decode that is a mistake of the codec, `STATE_CODEC`. */
  decodeOwn(stored: StoredState): State | undefined {
    try {
      return this.decode(stored);
    } catch (error) {
      throw this.#codecFailure('decode its state', error);
    }
  }

  /** The state without what the codec leaves out. Throws `STATE_CODEC` for a state that the codec refuses. */
  normalize(state: State): State {
    if (this.#codec.normalize === undefined) return state;
    try {
      const normal = this.#codec.normalize(state);
      assertState(normal, '`normalize`');
      return normal;
    } catch (error) {
      throw this.#codecFailure('normalize its state', error);
    }
  }

  /**
   * Whether two stored states are the same to the codec: its bytes are, or become so by another round, as those of maps in
   * another order may. `undefined` where it cannot be said, as one state does not give the same bytes twice.
   */
  isSame(a: StoredState, b: StoredState): boolean | undefined {
    if (sameStored(a, b)) return true;
    const again = (stored: StoredState): StoredState => this.encode(this.decode(stored));
    const [newA, newB] = [again(a), again(b)];
    if (sameStored(newA, newB)) return true;
    return sameStored(newA, again(a)) && sameStored(newB, again(b)) ? false : undefined;
  }

  #codecFailure(verb: string, error: unknown): StoreError {
    const reason = error instanceof Error ? error.message : String(error);
    return new StoreError('STATE_CODEC', `the codec of '${this.#name}' could not ${verb}: ${reason}`, { cause: error });
  }
}

/** `undefined` for a value that no projector wrote. */
export function asStored(value: Uint8Array): StoredState | undefined {
  const isOne = value[0] === Tag.state || (value[0] === Tag.none && value.length === TAG_BYTES);
  return isOne ? (value as StoredState) : undefined;
}

/** A state's bytes, copied: they may be a view of what the encoder writes to next. */
function storedState(encoded: Uint8Array): StoredState {
  const value = new Uint8Array(TAG_BYTES + encoded.length);
  value[0] = Tag.state;
  value.set(encoded, TAG_BYTES);
  return value as StoredState;
}

/** The encoded state, for those who only read it. */
function encodedView(stored: StoredState): Uint8Array {
  return stored.subarray(TAG_BYTES);
}

/** A copy of it at the start of a buffer of its own, as views of other element types need. */
function encodedCopy(stored: StoredState): Uint8Array {
  const bytes = new Uint8Array(stored.length - TAG_BYTES);
  bytes.set(encodedView(stored));
  return bytes;
}

/** Whether two stored states are the same, byte for byte. */
function sameStored(a: StoredState, b: StoredState): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Throws `TypeError` where a method of a codec returned no state, or a promise of one. */
function assertState<State>(state: State, method: string): asserts state is Exclude<State, undefined> {
  if (state === undefined) throw new TypeError(`${method} returned undefined, which is no state`);
  assertNoPromise(state, method);
}
