import { kindOf } from '../base/argument.ts';

/**
 * How the events of a stream fold into a state. `apply` must depend only on its arguments. It may modify its state argument
 * and return it, but not the event, nor objects that it took from an event or a constant.
 */
export interface Projection<State, Event> {
  /** Name of the projection, part of its cache keys; not empty, well-formed Unicode without NUL. */
  readonly name: string;
  /**
   * An integer from 0 to 2^32 - 1, default 0. Increase it whenever the same events fold into another state, or the codec
   * encodes it differently: states of other versions are not used.
   */
  readonly version?: number;
  /** The kinds of events that are relevant; default `[]`, which means every kind. */
  readonly kinds?: readonly string[];
  /** Whether new events are folded onto the cached state; default true. If false, every fold starts from the first event. */
  readonly incremental?: boolean;
  /**
   * Returns the state before the first event. It may return the same object each time: each fold starts from a copy that
   * the codec makes.
   */
  initial(): State;
  /** Returns the state after `event`. `undefined` means that there is no state: the next event starts from `initial()`. */
  apply(state: State, event: Event): State | undefined;
  /** Encodes and decodes the state; default: `jsonCodec()`. */
  readonly codec?: StateCodec<State>;
}

/**
 * Encodes states as bytes and decodes them. A decoded state must be equivalent to the encoded one: `apply` continues from
 * the original in the middle of a replay, and from the decoded state after a hit.
 */
export interface StateCodec<State> {
  /**
   * Returns the same bytes for the same state. They are copied at once, so that the buffer can be reused. An error that it
   * throws is thrown to the caller as `STATE_CODEC`, and nothing is cached.
   */
  encode(state: State): Uint8Array;
  /**
   * Returns the state. The bytes are a copy at the start of their own buffer, so that the state may keep them. If it throws,
   * the cached state is not used and the events are folded again.
   */
  decode(bytes: Uint8Array): State;
  /**
   * For a codec that omits something, such as `jsonCodec({ dropUndefined: true })`: returns the state without it. It is called
   * with each state that `apply` returns, so that events are folded onto the same state whether it was cached or not. It
   * must not modify its argument. Default: the state is used as it is.
   */
  normalize?(state: State): State;
}

/** Throws `TypeError` for an invalid projection. */
export function assertProjection<State, Event>(projection: Projection<State, Event>): void {
  if (projection === null || (typeof projection !== 'object' && typeof projection !== 'function')) {
    throw new TypeError(
      `projection must be an object with \`name\`, \`initial\` and \`apply\`; got ${kindOf(projection)}`,
    );
  }
  for (const part of ['initial', 'apply'] as const) {
    if (typeof projection[part] === 'function') continue;
    throw new TypeError(
      `${part} of the projection '${String(projection.name)}' must be a function; got ${kindOf(projection[part])}`,
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
