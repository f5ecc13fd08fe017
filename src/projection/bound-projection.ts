import { isPromise, kindOf } from '../base/argument.ts';
import { assertNoPromise, ignoreRejection } from './coroutine.ts';
import { jsonCodec } from './json-codec.ts';
import { assertProjection, type Projection } from './projection.ts';
import { fingerprintOf, joinedKey, keyTail, type ProjectionKeyParts } from './projection-key.ts';
import type { ProjectionSubject } from './projection-subject.ts';
import { StateEncoding, type StoredState } from './stored-state.ts';

/** A projection with its defaults, and with the part of its keys that is the same for all streams of one event log. */
export class BoundProjection<State, Event> {
  readonly name: string;
  readonly version: number;
  readonly kinds: readonly string[];
  readonly incremental: boolean;
  /** The identity of the event log when the projection was bound. */
  readonly identity: string | undefined;
  /** Identifies it among all projections of one event log. */
  readonly id: string;
  /** Encodes and decodes its states. */
  readonly states: StateEncoding<State>;
  readonly #projection: Projection<State, Event>;
  #initial: StoredState | undefined;
  readonly #fingerprint: Uint8Array;
  readonly #keyTail: Uint8Array;

  /** Throws `TypeError` or `RangeError` for an invalid projection, name, version or identity. */
  constructor(projection: Projection<State, Event>, identity: string | undefined) {
    assertProjection(projection);
    if (identity !== undefined && typeof identity !== 'string') {
      if (isPromise(identity)) ignoreRejection(identity);
      throw new TypeError(`identity of an event reader must be a string; got ${kindOf(identity)}`);
    }
    this.#projection = projection;
    this.name = projection.name;
    this.version = projection.version ?? 0;
    // A copy: the kinds that are read must remain those of the key.
    this.kinds = Object.freeze([...(projection.kinds ?? [])]);
    this.incremental = projection.incremental ?? true;
    this.identity = identity;
    this.states = new StateEncoding(projection.codec ?? jsonCodec());
    this.#fingerprint = fingerprintOf(this.kinds, identity);
    this.id = `${this.name}\0${this.version}\0${this.#fingerprint.join()}`;
    this.#keyTail = keyTail(this.name, this.version, this.#fingerprint);
  }

  /** The cache key of this projection of a stream. */
  key(stream: string): Uint8Array {
    return joinedKey(stream, this.#keyTail);
  }

  /** Whether a key belongs to this projection, of any stream. */
  owns(parts: ProjectionKeyParts): boolean {
    const { name, version, fingerprint } = parts;
    return (
      name === this.name && version === this.version && fingerprint.every((byte, at) => byte === this.#fingerprint[at])
    );
  }

  /**
   * The state after `event`. Throws `STATE_CODEC` for an initial state, or one to normalize, that the codec refuses, and
   * `TypeError` for an asynchronous projection. `subject` and `eventsRead` are for the errors.
   */
  apply(state: State | undefined, event: Event, subject: ProjectionSubject, eventsRead: number): State | undefined {
    // If `initial` returns undefined, the projection starts from that.
    const next = this.#projection.apply(
      state === undefined ? (this.#initialState(subject, eventsRead) as State) : state,
      event,
    );
    assertNoPromise(next, '`apply` of a projection');
    return next === undefined ? undefined : this.states.normalize(next, subject, eventsRead);
  }

  /**
   * A new copy of the initial state for each fold: `initial` may always return the same object, and `apply` may modify its
   * argument. It is encoded once, so that later changes of that object have no effect.
   */
  #initialState(subject: ProjectionSubject, eventsRead: number): State | undefined {
    this.#initial ??= this.#encodedInitial(subject, eventsRead);
    return this.states.decodeOwn(this.#initial, subject, eventsRead);
  }

  #encodedInitial(subject: ProjectionSubject, eventsRead: number): StoredState {
    const state = this.#projection.initial();
    assertNoPromise(state, '`initial` of a projection');
    return this.states.encode(state, subject, eventsRead, 'what its `initial` returns');
  }
}

/** The projections of one projector, bound to the current identity of its event log. */
export class BoundProjections<Event> {
  readonly #source: { readonly identity?: string };
  #identity: string | undefined;
  #bound = new WeakMap<object, BoundProjection<unknown, Event>>();

  constructor(source: { readonly identity?: string }) {
    this.#source = source;
    this.#identity = source.identity;
  }

  /** Throws `TypeError` or `RangeError` for an invalid projection. */
  of<State>(projection: Projection<State, Event>): BoundProjection<State, Event> {
    const { identity } = this.#source;
    // A log that is restored while the projector is in use has another identity: older bindings are not used.
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
