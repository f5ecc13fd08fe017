import type { BoundProjection } from './bound-projection.ts';
import type { CachedState } from './cached-states.ts';
import type { Coroutine } from './coroutine.ts';
import { foldEvents } from './fold.ts';
import type { ShadowVerdict } from './projection-report.ts';
import type { ProjectionContext } from './projector-options.ts';
import type { Stopwatch } from './stopwatch.ts';

/** The parts of a call that a comparison uses. */
interface ComparingCall<State, Event> {
  readonly projection: BoundProjection<State, Event>;
  readonly stream: string;
  readonly signal: AbortSignal | undefined;
  readonly draft: { eventsRead: number };
  readonly watch: Stopwatch | undefined;
}

/** Compares a cached state with a replay up to its watermark. A replay that fails or exceeds the budget has no verdict. */
export function* compareWithReplay<State, Event>(
  context: ProjectionContext<Event>,
  call: ComparingCall<State, Event>,
  { stored, watermark }: CachedState,
): Coroutine<ShadowVerdict> {
  const { counters } = context;
  const { projection, stream, signal, draft } = call;
  call.watch?.enter('fold');
  counters.shadowChecks += 1;
  try {
    const replay = yield* foldEvents(context, { projection, stream, base: undefined, head: watermark, signal });
    draft.eventsRead += replay.eventsRead;
    if (replay.exhausted) return 'unfinished';
    const replayed = projection.states.encode(replay.state, call, replay.eventsRead);
    const isSame = replay.watermark === watermark && projection.states.isSame(stored, replayed, call);
    if (isSame === undefined) return 'unfinished';
    if (!isSame) counters.shadowDifferences += 1;
    return isSame ? 'same' : 'different';
  } catch {
    return 'unfinished';
  }
}
