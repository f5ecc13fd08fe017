import type { ActiveFold } from './active-folds.ts';
import { isPromise } from './coroutine.ts';
import { type Freshness, isFreshEnough } from './freshness.ts';

/** When something happened among the calls of one projector; greater is later. */
export type LogicalTime = number;

/** One look at the head of a stream, which calls may share. */
export interface HeadReading {
  readonly answer: bigint | undefined | PromiseLike<bigint | undefined>;
  /** The time before it: what is found to be at the head is as new as that. */
  readonly nowUs: bigint;
  readonly askedAt: LogicalTime;
  /** Whether a state was stamped anew with it: once is enough. */
  isStamped: boolean;
}

/** The call for which the head is read. */
export interface HeadCall {
  /** Names stream and projection. */
  readonly id: string;
  readonly freshness: Freshness;
  readonly beganAt: LogicalTime;
  readonly activeFold: ActiveFold;
}

/**
 * The heads that are being read. A call shares a reading under way
 *
 * 1. if it was asked for after the call began, or
 * 2. by best effort, if a state that was stamped with the time of the reading would be fresh enough for the call; and
 * 3. never if its stream was invalidated since the reading began.
 *
 * So it is answered with nothing older than a reading of its own, or a stamp in the cache, might have given it.
 */
export class HeadReadings {
  readonly #underWay = new Map<string, HeadReading & { readonly activeFold: ActiveFold }>();

  /** A reading that the call may share, or one of its own at `nowUs`, which `ask` begins. */
  read(call: HeadCall, nowUs: bigint, askedAt: LogicalTime, ask: () => HeadReading['answer']): HeadReading {
    const { id, activeFold } = call;
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined && !underWay.activeFold.isDropped && isShared(underWay, call, nowUs)) return underWay;
    const answer = ask();
    const reading = { answer, nowUs, askedAt, isStamped: false, activeFold };
    this.#underWay.set(id, reading);
    const end = (): void => {
      if (this.#underWay.get(id) === reading) this.#underWay.delete(id);
    };
    // One that is there at once is shared by the calls whose turn has come: their cache answered together.
    const answered: PromiseLike<unknown> = isPromise(answer) ? answer : Promise.resolve();
    answered.then(end, end);
    return reading;
  }
}

function isShared(reading: HeadReading, { beganAt, freshness }: HeadCall, nowUs: bigint): boolean {
  return reading.askedAt > beganAt || isFreshEnough(freshness, reading.nowUs, nowUs);
}
