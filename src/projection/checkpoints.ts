import { isPromise, kindOf } from '../base/argument.ts';
import type { CachedState, Lookup } from './cached-states.ts';
import type { Coroutine } from './coroutine.ts';
import { type AsyncEventReader, type EventReader, sourceInvalid } from './event-reader.ts';
import type { FoldResult } from './fold.ts';
import type { ProjectionSubject } from './projection-subject.ts';
import { CHECKPOINT_BYTES_MAX, checkpointOf } from './stored-state.ts';

/*
 * How a restored event log is noticed by a reader with checkpoints. A restore keeps the first events of a log, and other
 * events follow: so if the event at a sequence is the same as before, all events up to it are.
 *
 * 1. The checkpoint of the head is asked before events are read, and again after: the events in between are of one log.
 * 2. A state is stored with the checkpoint of its watermark, which is asked between the two.
 * 3. A stored state is used, without or with newer events, only if the reader still has that checkpoint. For newer events it is
 *    asked between the two as well: an answer from before the first may be of the log before a restore.
 */

type Reader = EventReader<unknown> | AsyncEventReader<unknown>;
type Answer = string | undefined | PromiseLike<string | undefined>;

/** The checkpoints that calls ask during one reading of the head: each sequence once, that of the head first. */
export class Checkpoints {
  readonly #source: Reader;
  readonly #stream: string;
  readonly #asked = new Map<bigint, Answer>();

  constructor(source: Reader, stream: string) {
    this.#source = source;
    this.#stream = stream;
  }

  at(sequence: bigint): Answer {
    if (this.#asked.has(sequence)) return this.#asked.get(sequence);
    const answer = this.#source.checkpoint?.(this.#stream, sequence);
    this.#asked.set(sequence, answer);
    return answer;
  }
}

/** A head with its checkpoint, or no head, and the cached state if it is of this event log. */
export interface Verified {
  readonly cached: Lookup;
  readonly head: bigint | undefined;
  readonly checkpoint: string | undefined;
}

/** A reading of the head that calls may share. */
interface Reading {
  checkpoints?: Checkpoints;
}

/**
 * Throws errors of the reader, and `SOURCE_INVALID` for an invalid checkpoint. If the head has none, the log was restored since
 * the head was read, perhaps before this call, which shares the reading: then `readAgain` reads the head, once.
 */
export function* verifiedAtHead(
  source: Reader,
  subject: ProjectionSubject,
  found: { readonly cached: Lookup; readonly head: bigint; readonly reading: Reading },
  readAgain?: () => Coroutine<bigint | undefined>,
): Coroutine<Verified> {
  const { cached, head, reading } = found;
  reading.checkpoints ??= new Checkpoints(source, subject.stream);
  const { checkpoints } = reading;
  const checkpoint = yield* checked(subject, checkpoints.at(head), 0);
  if (checkpoint === undefined) {
    if (readAgain === undefined) throw sourceInvalid(subject, `it has no checkpoint for its head ${head}; call again`);
    const newHead = yield* readAgain();
    if (newHead === undefined) return { cached, head: newHead, checkpoint };
    return yield* verifiedAtHead(source, subject, { cached, head: newHead, reading: {} });
  }
  // A watermark above the head is refused anyway.
  if (cached.kind === 'refused' || cached.watermark > head) return { cached, head, checkpoint };
  const isBelow = cached.watermark < head;
  const atWatermark = isBelow ? yield* checked(subject, checkpoints.at(cached.watermark), 0) : checkpoint;
  return { cached: compared(cached, atWatermark), head, checkpoint };
}

/** The cached state if it is of this event log. Throws errors of the reader, and `SOURCE_INVALID`. */
export function* verified(source: Reader, subject: ProjectionSubject, cached: CachedState): Coroutine<Lookup> {
  const answer = source.checkpoint?.(subject.stream, cached.watermark);
  return compared(cached, yield* checked(subject, answer, 0));
}

function compared(cached: CachedState, found: string | undefined): Lookup {
  const expected = checkpointOf(cached.stored);
  if (expected === undefined) return { kind: 'refused', refusal: 'unverifiable' };
  return expected === found ? cached : { kind: 'refused', refusal: 'restored' };
}

/**
 * The checkpoint with which the result of a fold is stored. Throws errors of the reader, and `SOURCE_INVALID` if the event at
 * the head is not the one it was before the fold.
 */
export function* checkpointAfter(
  source: Reader,
  subject: ProjectionSubject,
  before: { readonly head: bigint; readonly checkpoint: string },
  { watermark, eventsRead }: FoldResult<unknown>,
): Coroutine<string | undefined> {
  const { head, checkpoint } = before;
  const ask = (sequence: bigint): Answer => source.checkpoint?.(subject.stream, sequence);
  // A fold that was stopped ends below the head.
  const isBelow = watermark !== undefined && watermark < head;
  const below = isBelow ? yield* checked(subject, ask(watermark), eventsRead) : undefined;
  const again = yield* checked(subject, ask(head), eventsRead);
  const isSame = again === checkpoint && (watermark === undefined || watermark <= head);
  if (isSame && (!isBelow || below !== undefined)) return isBelow ? below : again;
  throw sourceInvalid(subject, 'its events changed while they were read; call again', eventsRead);
}

function* checked(subject: ProjectionSubject, answer: Answer, eventsRead: number): Coroutine<string | undefined> {
  const found = isPromise(answer) ? yield answer : answer;
  if (found === undefined) return undefined;
  if (typeof found !== 'string' || found === '' || !found.isWellFormed()) {
    const shown = typeof found === 'string' ? 'empty or not well-formed Unicode' : kindOf(found);
    throw sourceInvalid(subject, `a checkpoint is ${shown}: it must be a text, or undefined`, eventsRead);
  }
  if (found.length <= CHECKPOINT_BYTES_MAX && new TextEncoder().encode(found).length <= CHECKPOINT_BYTES_MAX)
    return found;
  const reason = `a checkpoint is longer than ${CHECKPOINT_BYTES_MAX} bytes of UTF-8: return an id or a hash`;
  throw sourceInvalid(subject, reason, eventsRead);
}
