import { sharedId } from './cache-writes.ts';
import { unlessAborted } from './cancellation.ts';
import { runLater } from './coroutine.ts';
import type { BatchedCall } from './head-batch.ts';
import { HeadReadings, type LogicalTime } from './head-readings.ts';
import type { RunCall } from './projection-call.ts';
import { type Folded, type ProjectionAnswer, ProjectionRun } from './projection-run.ts';
import type { ProjectionContext } from './projector-options.ts';
import { type SharedFold, SingleFlight } from './single-flight.ts';

/** One call that waits for its answer. */
interface Caller {
  readonly signal: AbortSignal | undefined;
  readonly beganAt: LogicalTime;
  /** The lowest head that its tries have read. */
  lowestHead: bigint | undefined;
  /** The fold it shares. */
  sharedFold: SharedFold | undefined;
}

/** The calls of an `AsyncProjector` that are under way: those for the same state share readings of the head, and folds. */
export class ConcurrentCalls<Event> {
  readonly #context: ProjectionContext<Event>;
  readonly #singleFlight = new SingleFlight();
  readonly #heads = new HeadReadings();
  #now: LogicalTime = 0;

  constructor(context: ProjectionContext<Event>) {
    this.#context = context;
  }

  /** Rejects with errors of the event log and of the projection, and with the reason of the signal of the call. */
  async answer<State>(
    unshared: Omit<RunCall<State, Event>, 'readHead' | 'askHead'>,
    batched?: BatchedCall,
  ): Promise<ProjectionAnswer<State>> {
    const { stream, projection, freshness, signal } = unshared;
    const caller: Caller = { signal, beganAt: this.#tick(), lowestHead: undefined, sharedFold: undefined };
    const { beganAt } = caller;
    const call: RunCall<State, Event> = {
      ...unshared,
      ...(batched === undefined ? {} : { askHead: () => batched.askHead() }),
      readHead: (nowUs, activeFold, ask) => {
        const headCall = { stream, projection, freshness, beganAt, activeFold };
        const reading = this.#heads.read(headCall, nowUs, this.#tick(), ask);
        // It may be the reading of another call.
        batched?.needsNone();
        return reading;
      },
    };
    try {
      return await unlessAborted(this.#tryUntilAnswered(call, caller), signal);
    } finally {
      caller.sharedFold?.leave();
      batched?.needsNone();
    }
  }

  /** Tries until there is an answer. After the caller has left, it ends at its next step, without an effect. */
  async #tryUntilAnswered<State>(call: RunCall<State, Event>, caller: Caller): Promise<ProjectionAnswer<State>> {
    while (true) {
      caller.signal?.throwIfAborted();
      const tried = await this.#try(call, caller);
      if ('answer' in tried) return tried.answer;
      call.watch?.enter('wait');
      await tried.again;
      call.draft.beginRetry();
    }
  }

  /** Answers from the cache, from its own fold or from a shared one. Otherwise returns when to try again. */
  async #try<State>(
    call: RunCall<State, Event>,
    caller: Caller,
  ): Promise<{ readonly answer: ProjectionAnswer<State> } | { readonly again: Promise<unknown> | undefined }> {
    const { activeFolds } = this.#context;
    const activeFold = activeFolds.begin(call.stream);
    const beganDropped = activeFold.isDropped;
    let isLeading = false;
    try {
      const run = new ProjectionRun(this.#context, call, activeFold);
      const prepared = await runLater(run.prepare());
      if ('answer' in prepared) return prepared;
      caller.signal?.throwIfAborted();
      // The stream was invalidated meanwhile: a fold onto the state found would be neither cached nor shared.
      if (activeFold.isDropped && !beganDropped) return { again: undefined };
      // No `await` from here until the caller has joined, so that no other call runs in between.
      const { plan } = prepared;
      const { beganAt, lowestHead = plan.head } = caller;
      caller.lowestHead = plan.head < lowestHead ? plan.head : lowestHead;
      const id = sharedId(call.stream, call.projection.id);
      const underWay = this.#singleFlight.find(id);
      if (underWay?.answers(beganAt, plan, caller.lowestHead) === false) {
        // Callers who joined that fold see its failure; this call continues from what it caches.
        return { again: underWay.ended };
      }
      isLeading = underWay === undefined;
      const fold = (signal: AbortSignal): Promise<Folded> =>
        runLater(run.fold(plan, signal)).finally(() => activeFolds.end(activeFold));
      const { head, checkpoint, reading } = plan;
      const target = { head, checkpoint, askedAt: reading.askedAt, activeFold };
      const sharedFold = underWay ?? this.#singleFlight.start(id, target, fold);
      if (!isLeading) call.watch?.enter('wait');
      sharedFold.join();
      caller.sharedFold = sharedFold;
      const folded = await sharedFold.result;
      caller.signal?.throwIfAborted();
      return { answer: run.conclude(folded, !isLeading) };
    } finally {
      if (!isLeading) activeFolds.end(activeFold);
    }
  }

  #tick(): LogicalTime {
    this.#now += 1;
    return this.#now;
  }
}
