import { assertBytes, kindOf } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { Projection } from './projection.ts';
import { fingerprintOf, joinedKey, keyTail, type ProjectionKeyParts } from './projection-key.ts';
import { jsonCodec, onlyReads, type StateCodec } from './state-codec.ts';
import { assertNoPromise, ignoreRejection, isPromise } from './steps.ts';
import {
  encodedCopy,
  encodedView,
  holdsState,
  type StoredState,
  sameStored,
  storedNone,
  storedState,
} from './stored-state.ts';

/** A projection as one projector uses it: with its defaults, and with the part of its keys that is the same for all streams. */
export class BoundProjection<State, Event> {
  readonly name: string;
  readonly version: number;
  readonly kinds: readonly string[];
  readonly incremental: boolean;
  /** Of the event log, when this was bound. */
  readonly identity: string | undefined;
  /** Names it among all projections of one event log. */
  readonly id: string;
  readonly #projection: Projection<State, Event>;
  readonly #codec: StateCodec<State>;
  readonly #encodedOf: (stored: StoredState) => Uint8Array;
  #initial: StoredState | undefined;
  readonly #fingerprint: Uint8Array;
  readonly #keyTail: Uint8Array;

  /** Throws `TypeError` or `RangeError` for what is no projection, and for a name or version that makes no key. */
  constructor(projection: Projection<State, Event>, identity: string | undefined) {
    assertProjection(projection);
    if (identity !== undefined && typeof identity !== 'string') {
      if (isPromise(identity)) ignoreRejection(identity);
      throw new TypeError(`identity of an event reader must be a string; got ${kindOf(identity)}`);
    }
    this.#projection = projection;
    this.name = projection.name;
    this.version = projection.version ?? 0;
    // A copy: what the source is asked for must stay what the key says.
    this.kinds = Object.freeze([...(projection.kinds ?? [])]);
    this.incremental = projection.incremental ?? true;
    this.identity = identity;
    this.#codec = projection.codec ?? jsonCodec();
    this.#encodedOf = onlyReads(this.#codec) ? encodedView : encodedCopy;
    this.#fingerprint = fingerprintOf(this.kinds, identity);
    this.id = `${this.name}\0${this.version}\0${this.#fingerprint.join()}`;
    this.#keyTail = keyTail(this.name, this.version, this.#fingerprint);
  }

  /** The cache key of this projection of a stream. */
  key(stream: string): Uint8Array {
    return joinedKey(stream, this.#keyTail);
  }

  /** Whether a key is one of this projection's, whatever the stream. */
  owns(parts: ProjectionKeyParts): boolean {
    const { name, version, fingerprint } = parts;
    return (
      name === this.name && version === this.version && fingerprint.every((byte, at) => byte === this.#fingerprint[at])
    );
  }

  /**
   * The state after `event`. Throws `STATE_CODEC` for an initial state, or one to normalize, that the codec refuses, and
   * `TypeError` for an asynchronous projection.
   */
  apply(state: State | undefined, event: Event): State | undefined {
    // Where `initial` returns undefined, that is what its projection starts from.
    const next = this.#projection.apply(state === undefined ? (this.#initialState() as State) : state, event);
    assertNoPromise(next, '`apply` of a projection');
    return next === undefined || this.#codec.normalize === undefined ? next : this.#normalized(next);
  }

  /** Throws `STATE_CODEC` for a state that the codec does not take. */
  encode(state: State | undefined): StoredState {
    return this.#encoded(state, 'its state');
  }

  /** A state of the caller's own. Throws what the codec throws, and `TypeError` where it gives no state. */
  decode(stored: StoredState): State | undefined {
    if (!holdsState(stored)) return undefined;
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

  /**
   * What a fold starts from, of its own each time: `initial` may return one object again and again, and `apply` may change
   * what it is given. It is encoded once, so that later changes of that object are not seen.
   */
  #initialState(): State | undefined {
    this.#initial ??= this.#encodedInitial();
    return this.decodeOwn(this.#initial);
  }

  #encodedInitial(): StoredState {
    const state = this.#projection.initial();
    assertNoPromise(state, '`initial` of a projection');
    return this.#encoded(state, 'what its `initial` returns');
  }

  #encoded(state: State | undefined, what: string): StoredState {
    if (state === undefined) return storedNone();
    try {
      const bytes = this.#codec.encode(state);
      assertNoPromise(bytes, '`encode`');
      assertBytes(bytes, 'what `encode` returns');
      return storedState(bytes);
    } catch (error) {
      throw this.#codecFailure(`encode ${what}`, error);
    }
  }

  #normalized(state: State): State {
    try {
      const normal = this.#codec.normalize?.(state);
      assertState(normal, '`normalize`');
      return normal;
    } catch (error) {
      throw this.#codecFailure('normalize its state', error);
    }
  }

  #codecFailure(verb: string, error: unknown): StoreError {
    const reason = error instanceof Error ? error.message : String(error);
    return new StoreError('STATE_CODEC', `the codec of '${this.name}' could not ${verb}: ${reason}`, { cause: error });
  }
}

/** Throws `TypeError` where a method of a codec returned no state, or a promise of one. */
function assertState<State>(state: State, method: string): asserts state is Exclude<State, undefined> {
  if (state === undefined) throw new TypeError(`${method} returned undefined, which is no state`);
  assertNoPromise(state, method);
}

function assertProjection<State, Event>(projection: Projection<State, Event>): void {
  if (typeof projection?.initial !== 'function' || typeof projection.apply !== 'function') {
    throw new TypeError(
      `projection must be an object with \`name\`, \`initial\` and \`apply\`; got ${kindOf(projection)}`,
    );
  }
  const { name, kinds = [], incremental = true, codec } = projection;
  if (!Array.isArray(kinds) || kinds.some((kind) => typeof kind !== 'string')) {
    throw new TypeError(`kinds of the projection '${String(name)}' must be an array of strings`);
  }
  if (typeof incremental !== 'boolean') {
    throw new TypeError(
      `incremental of the projection '${String(name)}' must be a boolean; got ${kindOf(incremental)}`,
    );
  }
  if (codec !== undefined && (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function')) {
    throw new TypeError(`codec of the projection '${String(name)}' must be an object with \`encode\` and \`decode\``);
  }
  if (codec?.normalize !== undefined && typeof codec.normalize !== 'function') {
    throw new TypeError(
      `normalize of the codec of '${String(name)}' must be a function; got ${kindOf(codec.normalize)}`,
    );
  }
}
