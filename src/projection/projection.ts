import type { StateCodec } from './state-codec.ts';

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
