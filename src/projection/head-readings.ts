import { isPromise } from '../base/argument.ts';
import type { ActiveFold } from './cached-states.ts';
import type { Checkpoints } from './checkpoints.ts';
import { type Freshness, isWithinWindow } from './freshness.ts';

/** A logical clock of one projector: a greater number is later. */
export type LogicalTime = number;

/** One reading of the head of a stream, which calls may share. */
export interface HeadReading {
  readonly answer: bigint | undefined | PromiseLike<bigint | undefined>;
  /** The time before the reading, with which a state at the head is stamped. */
  readonly nowUs: bigint;
  readonly askedAt: LogicalTime;
  /** Whether a state was stamped with its time: once is enough. */
  isStamped: boolean;
  /** The checkpoints that were asked since the reading; absent before the first, and without any. */
  checkpoints?: Checkpoints;
}

/** The call for which the head is read. */
export interface HeadCall {
  readonly stream: string;
  /** The projection as this projector has bound it. */
  readonly projection: object;
  readonly freshness: Freshness;
  readonly beganAt: LogicalTime;
  readonly activeFold: ActiveFold;
}

/** A reading, with the fold of the call that started it: an invalidation drops that fold. */
interface SharedReading extends HeadReading {
  readonly activeFold: ActiveFold;
}

/**
 * The readings of heads that are under way. A call shares one
 *
 * 1. if the reading began after the call, or
 * 2. by best effort, if a state stamped with the time of the reading would be fresh enough for the call; but
 * 3. never if the stream was invalidated since the reading began.
 *
 * So the answer is never older than its own reading, or a state in the cache, could have made it.
 */
export class HeadReadings {
  /** By projection, then by stream. One key for both, as text, would cost more than the rest of a hit. */
  readonly #underWay = new WeakMap<object, Map<string, SharedReading>>();

  /** A reading that the call may share, or a new one at `nowUs`, which `ask` starts. */
  read(call: HeadCall, nowUs: bigint, askedAt: LogicalTime, ask: () => HeadReading['answer']): HeadReading {
    const { projection, stream, activeFold } = call;
    let readings = this.#underWay.get(projection);
    if (readings === undefined) {
      readings = new Map();
      this.#underWay.set(projection, readings);
    }
    const underWay = readings.get(stream);
    if (underWay !== undefined && !underWay.activeFold.isDropped && isShared(underWay, call, nowUs)) return underWay;
    const answer = ask();
    const reading = { answer, nowUs, askedAt, isStamped: false, activeFold };
    readings.set(stream, reading);
    // A synchronous answer is shared within the current turn: by calls whose cache answered at the same time.
    const answered: PromiseLike<unknown> = isPromise(answer) ? answer : Promise.resolve();
    answered.then(
      () => end(readings, stream, reading),
      () => end(readings, stream, reading),
    );
    return reading;
  }
}

function end(readings: Map<string, SharedReading>, stream: string, reading: SharedReading): void {
  if (readings.get(stream) === reading) readings.delete(stream);
}

function isShared(reading: HeadReading, { beganAt, freshness }: HeadCall, nowUs: bigint): boolean {
  return reading.askedAt > beganAt || isWithinWindow(freshness, reading.nowUs, nowUs);
}
