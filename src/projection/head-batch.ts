import { assertIterable, kindOf } from '../base/argument.ts';
import { sourceInvalid } from './event-reader.ts';
import type { ProjectionSubject } from './projection-subject.ts';

/** The heads of several streams; a stream without relevant events is absent. */
export type Heads = ReadonlyMap<string, bigint>;

/** Stands for the head of a call of a `Projector`, until the heads of all its streams are read. It is never settled. */
export const HEAD_REQUEST: Promise<never> = new Promise(() => {});

/** A copy of the streams. Throws `TypeError` unless they can be iterated now; a string cannot. */
export function streamList(streams: Iterable<string>): string[] {
  assertIterable(streams, 'streams');
  if (!(Symbol.iterator in streams)) throw new TypeError('streams must be an iterable that is not asynchronous');
  return [...streams];
}

/** The head of one stream. Throws `SOURCE_INVALID` unless `heads` is a `Map` of the streams in `asked`. */
export function headIn(heads: Heads, asked: ReadonlySet<string>, subject: ProjectionSubject): bigint | undefined {
  // By its methods and not its class: a map may come from another realm.
  if (typeof heads?.get !== 'function' || typeof heads.keys !== 'function') {
    throw sourceInvalid(subject, `its \`heads\` must return a Map of streams to sequences; got ${kindOf(heads)}`);
  }
  for (const stream of heads.keys()) {
    if (asked.has(stream)) continue;
    throw sourceInvalid(subject, `its \`heads\` returned the stream '${String(stream)}', which it was not asked for`);
  }
  return heads.get(subject.stream);
}

/** One call of a batch. */
export interface BatchedCall {
  /** The head of the stream, in the first try of the call; `undefined` later: then the call reads its own. */
  askHead(): Promise<bigint | undefined> | undefined;
  /** To be called when the call has its answer, or shares the reading of another call. */
  needsNone(): void;
}

/**
 * Reads the heads of all calls of one `projectMany` at once, when each call has read the cache: a head that is read before the
 * cache may be lower than the watermark of a state that another call has cached meanwhile.
 */
export class HeadBatch {
  readonly #ask: (streams: readonly string[]) => Heads | Promise<Heads>;
  readonly #asking = new Set<string>();
  readonly #heads: Promise<Heads>;
  #fire: (heads: Promise<Heads>) => void = () => {};
  #callsLeft: number;

  constructor(calls: number, ask: (streams: readonly string[]) => Heads | Promise<Heads>) {
    this.#callsLeft = calls;
    this.#ask = ask;
    this.#heads = new Promise((resolve) => {
      this.#fire = resolve;
    });
  }

  call(subject: ProjectionSubject): BatchedCall {
    let hasArrived = false;
    const arrive = (): void => {
      if (hasArrived) return;
      hasArrived = true;
      this.#callsLeft -= 1;
      if (this.#callsLeft === 0 && this.#asking.size > 0) this.#fire(this.#read());
    };
    return {
      askHead: () => {
        if (hasArrived) return undefined;
        this.#asking.add(subject.stream);
        arrive();
        return this.#heads.then((heads) => headIn(heads, this.#asking, subject));
      },
      needsNone: arrive,
    };
  }

  async #read(): Promise<Heads> {
    return await this.#ask([...this.#asking]);
  }
}
