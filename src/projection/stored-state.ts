import { assertBytes } from '../base/argument.ts';
import type { StoreError } from '../base/store-error.ts';
import { assertNoPromise } from './coroutine.ts';
import { onlyReads } from './json-codec.ts';
import type { StateCodec } from './projection.ts';
import { type ProjectionSubject, projectionError } from './projection-subject.ts';

declare const checked: unique symbol;

/**
 * The value of a cached state: one tag byte, the checkpoint if there is one, then the encoded state if there is one: see
 * docs/format.md. Calls share it, and it may be stored
 * again as it is, so it is never passed to code that could modify it.
 */
export type StoredState = Uint8Array & { readonly [checked]: true };

/** Bits of the tag byte. */
const Tag = { state: 1, checkpoint: 2 } as const;
const TAG_NONE = 0;
const TAG_MAX: number = Tag.state | Tag.checkpoint;
const TAG_BYTES = 1;
const CHECKPOINT_LENGTH_BYTES: number = Uint16Array.BYTES_PER_ELEMENT;

/** The maximum length of a checkpoint in UTF-8. */
export const CHECKPOINT_BYTES_MAX: number = 2 ** 16 - 1;

/**
 * Encodes the states of one projection as stored states and back, and checks what its codec returns. The arguments `subject`
 * and `eventsRead` are for its errors.
 */
export class StateEncoding<State> {
  readonly #codec: StateCodec<State>;
  readonly #encodedOf: (stored: StoredState) => Uint8Array;

  constructor(codec: StateCodec<State>) {
    this.#codec = codec;
    this.#encodedOf = onlyReads(codec) ? encodedView : encodedCopy;
  }

  /** Throws `STATE_CODEC` for a state that the codec cannot encode; `what` describes the state in the message. */
  encode(state: State | undefined, subject: ProjectionSubject, eventsRead: number, what = 'its state'): StoredState {
    if (state === undefined) return Uint8Array.of(TAG_NONE) as StoredState;
    try {
      const bytes = this.#codec.encode(state);
      assertNoPromise(bytes, '`encode`');
      assertBytes(bytes, 'what `encode` returns');
      return storedState(bytes);
    } catch (error) {
      throw codecFailure(`encode ${what}`, error, subject, eventsRead);
    }
  }

  /** Returns a new state. Throws errors of the codec, and `TypeError` if it returns `undefined` or a promise. */
  decode(stored: StoredState): State | undefined {
    if (!hasBit(stored, Tag.state)) return undefined;
    const state = this.#codec.decode(this.#encodedOf(stored));
    assertState(state, '`decode`');
    return state;
  }

  /** Decodes what was just encoded. Throws `STATE_CODEC` if the codec cannot decode its own bytes. */
  decodeOwn(stored: StoredState, subject: ProjectionSubject, eventsRead: number): State | undefined {
    try {
      return this.decode(stored);
    } catch (error) {
      throw codecFailure('decode its state', error, subject, eventsRead);
    }
  }

  /** The state without what the codec omits. Throws `STATE_CODEC` for a state that the codec rejects. */
  normalize(state: State, subject: ProjectionSubject, eventsRead: number): State {
    if (this.#codec.normalize === undefined) return state;
    try {
      const normal = this.#codec.normalize(state);
      assertState(normal, '`normalize`');
      return normal;
    } catch (error) {
      throw codecFailure('normalize its state', error, subject, eventsRead);
    }
  }

  /**
   * Whether two stored states are equal, whatever their checkpoints: byte for byte, or after each is decoded and encoded once more, as those of maps in
   * another order may be. `undefined` if the codec does not encode the same state as the same bytes.
   */
  isSame(a: StoredState, b: StoredState, subject: ProjectionSubject): boolean | undefined {
    if (sameStored(a, b)) return true;
    const again = (stored: StoredState): StoredState => this.encode(this.decode(stored), subject, 0);
    const [newA, newB] = [again(a), again(b)];
    if (sameStored(newA, newB)) return true;
    return sameStored(newA, again(a)) && sameStored(newB, again(b)) ? false : undefined;
  }
}

function codecFailure(verb: string, error: unknown, subject: ProjectionSubject, eventsRead: number): StoreError {
  const { stream, projection } = subject;
  const reason = error instanceof Error ? error.message : String(error);
  const message = `the codec of '${projection.name}' could not ${verb} for '${stream}': ${reason}`;
  return projectionError('STATE_CODEC', message, subject, eventsRead, { cause: error });
}

/** The value as a stored state; `undefined` for a value that no projector wrote. */
export function asStored(value: Uint8Array): StoredState | undefined {
  const [tag] = value;
  if (tag === undefined || tag > TAG_MAX) return undefined;
  const stored = value as StoredState;
  const start = stateStart(stored);
  return stored.length < start || (!hasBit(stored, Tag.state) && stored.length > start) ? undefined : stored;
}

/** A copy with a checkpoint of at most `CHECKPOINT_BYTES_MAX` bytes, of a stored state that has none. */
export function withCheckpoint(stored: StoredState, checkpoint: string): StoredState {
  const text = new TextEncoder().encode(checkpoint);
  const start = TAG_BYTES + CHECKPOINT_LENGTH_BYTES + text.length;
  const value = new Uint8Array(start + stored.length - TAG_BYTES);
  value[0] = (stored[0] as number) | Tag.checkpoint;
  new DataView(value.buffer).setUint16(TAG_BYTES, text.length, true);
  value.set(text, TAG_BYTES + CHECKPOINT_LENGTH_BYTES);
  value.set(encodedView(stored), start);
  return value as StoredState;
}

/** The checkpoint of a stored state; `undefined` if it has none. */
export function checkpointOf(stored: StoredState): string | undefined {
  if (!hasBit(stored, Tag.checkpoint)) return undefined;
  const text = stored.subarray(TAG_BYTES + CHECKPOINT_LENGTH_BYTES, stateStart(stored));
  // Keeps a leading byte-order mark: without it, it would be another text. Damaged text equals no checkpoint.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(text);
}

/** A view of the encoded state, for code that only reads it; `undefined` for "no state". */
export function encodedStateOf(stored: StoredState): Uint8Array | undefined {
  return hasBit(stored, Tag.state) ? encodedView(stored) : undefined;
}

function hasBit(stored: StoredState, bit: number): boolean {
  return ((stored[0] as number) & bit) !== 0;
}

/** Where the encoded state begins. Beyond the end of a value that no projector wrote. */
function stateStart(stored: StoredState): number {
  if (!hasBit(stored, Tag.checkpoint)) return TAG_BYTES;
  const [, low, high] = stored;
  if (low === undefined || high === undefined) return TAG_BYTES + CHECKPOINT_LENGTH_BYTES;
  return TAG_BYTES + CHECKPOINT_LENGTH_BYTES + (low | (high << 8));
}

/** The bytes are copied, as they may be a view of a buffer that the encoder reuses. */
function storedState(encoded: Uint8Array): StoredState {
  const value = new Uint8Array(TAG_BYTES + encoded.length);
  value[0] = Tag.state;
  value.set(encoded, TAG_BYTES);
  return value as StoredState;
}

/** A view of the encoded state, for a codec that only reads it. */
function encodedView(stored: StoredState): Uint8Array {
  return stored.subarray(stateStart(stored));
}

/** A copy of the encoded state at the start of its own buffer, as views of other element types need. */
function encodedCopy(stored: StoredState): Uint8Array {
  const view = encodedView(stored);
  const bytes = new Uint8Array(view.length);
  bytes.set(view);
  return bytes;
}

/** Whether two stored states are equal byte for byte, but for their checkpoints. */
function sameStored(a: StoredState, b: StoredState): boolean {
  const [encodedA, encodedB] = [encodedView(a), encodedView(b)];
  if (hasBit(a, Tag.state) !== hasBit(b, Tag.state) || encodedA.length !== encodedB.length) return false;
  return encodedA.every((byte, at) => byte === encodedB[at]);
}

/** Throws `TypeError` if a method of a codec returned `undefined` or a promise. */
function assertState<State>(state: State, method: string): asserts state is Exclude<State, undefined> {
  if (state === undefined) throw new TypeError(`${method} returned undefined, which is no state`);
  assertNoPromise(state, method);
}
