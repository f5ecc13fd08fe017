import { kindOf } from '../base/argument.ts';

/**
 * How the events of a stream fold into a state. `apply` must depend on nothing but its arguments; it may change the state
 * it is given and return it, but nothing that is found again elsewhere, such as an event that it put into the state.
 */
export interface Projection<State, Event> {
  /** Non-empty, without NUL characters. */
  readonly name: string;
  /** Raised whenever the same events fold into another state; an integer from 0, which is the default. */
  readonly version?: number;
  /** Kinds of events that are relevant; `[]` or absent: every kind. */
  readonly kinds?: readonly string[];
  /** Default true: new events are folded onto the cached state. False: always from the first event. */
  readonly incremental?: boolean;
  /** The state before the first event. A fold is given what the codec makes of it, so it may be one object each time. */
  initial(): State;
  /** The state after `event`. `undefined` means that there is no state; the next event starts from `initial()`. */
  apply(state: State, event: Event): State | undefined;
  /** Default: `jsonCodec()`. */
  readonly codec?: StateCodec<State>;
}

/**
 * Turns states into bytes and back. What comes back must fold on like what went in: `apply` sees the one in the middle of a
 * replay and the other after a hit. What `decode` throws makes a cached state unusable: it is folded again.
 */
export interface StateCodec<State> {
  /**
   * The same bytes for the same state; they are copied at once, so that their buffer may be used again. What it throws
   * reaches the caller as `STATE_CODEC`; nothing is cached.
   */
  encode(state: State): Uint8Array;
  /** The bytes are the decoder's own, at the start of a buffer that has no others: the state may keep them. */
  decode(bytes: Uint8Array): State;
  /**
   * For a codec that leaves something out, as `jsonCodec({ dropUndefined: true })` does: the state without it. Called with
   * what `apply` returns, so that events are folded onto the same state whether it was cached or not. Must not change its
   * argument.
   */
  normalize?(state: State): State;
}

/** Throws `TypeError` for an invalid projection. */
export function assertProjection<State, Event>(projection: Projection<State, Event>): void {
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
