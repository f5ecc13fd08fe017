import { BoundProjection } from './bound-projection.ts';
import type { Projection } from './projection.ts';

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
