import { kindOf } from '../base/argument.ts';
import { assertNoPromise, ignoreRejection, isPromise } from './coroutine.ts';
import { jsonCodec } from './json-codec.ts';
import { assertProjection, type Projection } from './projection.ts';
import { fingerprintOf, joinedKey, keyTail, type ProjectionKeyParts } from './projection-key.ts';
import { StateEncoding, type StoredState } from './stored-state.ts';

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
  /** Its states as they are cached. */
  readonly states: StateEncoding<State>;
  readonly #projection: Projection<State, Event>;
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
    this.states = new StateEncoding(this.name, projection.codec ?? jsonCodec());
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
    return next === undefined ? undefined : this.states.normalize(next);
  }

  /**
   * What a fold starts from, of its own each time: `initial` may return one object again and again, and `apply` may change
   * what it is given. It is encoded once, so that later changes of that object are not seen.
   */
  #initialState(): State | undefined {
    this.#initial ??= this.#encodedInitial();
    return this.states.decodeOwn(this.#initial);
  }

  #encodedInitial(): StoredState {
    const state = this.#projection.initial();
    assertNoPromise(state, '`initial` of a projection');
    return this.states.encode(state, 'what its `initial` returns');
  }
}

/** The projections one projector was asked for, bound to the identity its event log has now. */
export class BoundProjections<Event> {
  readonly #source: { readonly identity?: string };
  #identity: string | undefined;
  #bound = new WeakMap<object, BoundProjection<unknown, Event>>();

  constructor(source: { readonly identity?: string }) {
    this.#source = source;
    this.#identity = source.identity;
  }

  /** Throws `TypeError` or `RangeError` for what is no projection. */
  of<State>(projection: Projection<State, Event>): BoundProjection<State, Event> {
    const { identity } = this.#source;
    // A log that was restored while the projector lives gets another identity: nothing bound before is used.
    if (identity !== this.#identity) {
      this.#identity = identity;
      this.#bound = new WeakMap();
    }
    const known = this.#bound.get(projection);
    if (known !== undefined) return known as unknown as BoundProjection<State, Event>;
    const bound = new BoundProjection(projection, identity);
    this.#bound.set(projection, bound as unknown as BoundProjection<unknown, Event>);
    return bound;
  }

  all(projections: Iterable<Projection<unknown, Event>>): BoundProjection<unknown, Event>[] {
    return Array.from(projections, (projection) => this.of(projection));
  }
}
