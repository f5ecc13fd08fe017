import { assertBytes, kindOf } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { Projection } from './projection.ts';
import { concatenated, fingerprintOf, joinedKey, keyTail, type ProjectionKeyParts } from './projection-key.ts';
import { jsonCodec, type StateCodec } from './state-codec.ts';
import { assertNoPromise, ignoreRejection, isPromise } from './steps.ts';
import type { StoredState } from './stored-state.ts';

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
    this.#codec = projection.codec ?? (jsonCodec as StateCodec<State>);
    this.#fingerprint = fingerprintOf(this.kinds, identity);
    this.id = `${this.name}\0${this.version}\0${this.#fingerprint.join()}`;
    this.#keyTail = concatenated(keyTail(this.name, this.version), this.#fingerprint);
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

  /** The state after `event`. Throws `TypeError` for an asynchronous projection. */
  apply(state: State | undefined, event: Event): State | undefined {
    const next = this.#projection.apply(state === undefined ? this.#initial() : state, event);
    assertNoPromise(next, '`apply` of a projection');
    return next;
  }

  #initial(): State {
    const state = this.#projection.initial();
    assertNoPromise(state, '`initial` of a projection');
    return state;
  }

  /** Throws `STATE_CODEC` for a state that the codec does not take. */
  encode(state: State | undefined): StoredState {
    if (state === undefined) return { kind: 'none' };
    try {
      const bytes = this.#codec.encode(state);
      assertNoPromise(bytes, '`encode`');
      assertBytes(bytes, 'what `encode` returns');
      return { kind: 'state', bytes };
    } catch (error) {
      throw this.#codecFailure('encode', error);
    }
  }

  /** A state of the caller's own, which may keep the bytes. Throws what the codec throws. */
  decode(stored: StoredState): State | undefined {
    return stored.kind === 'none' ? undefined : this.#decoded(stored.bytes);
  }

  /** The same for what was just encoded, once for each caller. Not to decode that is a mistake of the codec, `STATE_CODEC`. */
  decodeOwn(stored: StoredState): State | undefined {
    if (stored.kind === 'none') return undefined;
    try {
      // A copy: a codec may return what it was given, and each caller's state is its own.
      return this.#decoded(new Uint8Array(stored.bytes));
    } catch (error) {
      throw this.#codecFailure('decode', error);
    }
  }

  #decoded(bytes: Uint8Array): State {
    const state = this.#codec.decode(bytes);
    assertNoPromise(state, '`decode`');
    return state;
  }

  #codecFailure(verb: string, error: unknown): StoreError {
    if (error instanceof StoreError && error.code === 'STATE_CODEC') return error;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the codec of '${this.name}' could not ${verb} its state: ${reason}`;
    return new StoreError('STATE_CODEC', message, { cause: error });
  }
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
}
