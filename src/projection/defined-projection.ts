import { kindOf } from '../base/argument.ts';
import { assertProjection, type Projection, type StateCodec } from './projection.ts';

/** The kinds of a union of events: the values of `kind`, or of `type` for events without `kind`; else any text. */
export type EventKind<Event> =
  Event extends Readonly<Record<'kind', infer Kind extends string>>
    ? Kind
    : Event extends Readonly<Record<'type', infer Type extends string>>
      ? Type
      : string;

/** The events of some kinds: the members of a union whose `kind` or `type` is one of them. */
export type EventOfKind<Event, Kind extends string> =
  Event extends Readonly<Record<'kind', infer Own>>
    ? Own extends Kind
      ? Event
      : never
    : Event extends Readonly<Record<'type', infer Own>>
      ? Own extends Kind
        ? Event
        : never
      : Event;

/** A projection as `defineProjection` takes it: like `Projection`, but `apply` receives only events of its `kinds`. */
export interface ProjectionDefinition<State, Event, Kind extends string> {
  /** See `Projection.name`. */
  readonly name: string;
  /** See `Projection.version`. */
  readonly version?: number;
  /** See `Projection.kinds`; not empty. */
  readonly kinds: readonly [Kind, ...Kind[]];
  /** See `Projection.incremental`. */
  readonly incremental?: boolean;
  /** See `Projection.initial`. */
  initial(): State;
  /** See `Projection.apply`. */
  apply(state: State, event: EventOfKind<Event, Kind>): State | undefined;
  /** See `Projection.codec`. */
  readonly codec?: StateCodec<State>;
}

/**
 * Returns a function that returns its argument, a projection with `kinds`, as a `Projection` of all events. In its `apply` the
 * event has the types of these kinds only, and a misspelt kind does not compile:
 * `defineProjection<OrderEvent>()({ name: 'total', kinds: ['added'], initial: () => 0, apply: (sum, added) => sum + added.cents })`.
 * The function throws `TypeError` for an invalid projection, or one without kinds.
 */
export function defineProjection<Event>(): <State, const Kind extends EventKind<Event>>(
  definition: ProjectionDefinition<State, Event, Kind>,
) => Projection<State, Event> {
  return (definition) => {
    assertProjection(definition);
    const { kinds } = definition;
    if (kinds === undefined || kinds.length === 0) {
      throw new TypeError(`kinds of defineProjection must be an array with at least one kind; got ${kindOf(kinds)}`);
    }
    return definition;
  };
}
