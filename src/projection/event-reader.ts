import { kindOf } from '../base/argument.ts';
import type { StoreError } from '../base/store-error.ts';
import { type ProjectionSubject, projectionError } from './projection-subject.ts';

/** An event with its position. */
export interface RecordedEvent<Event> {
  /** Position in the event log, or in the stream; u64, ascending within a stream. */
  readonly sequence: bigint;
  /** The event; neither null nor `undefined`. */
  readonly event: Event;
}

/** Options of one call of `read`. */
export interface ReadOptions {
  /**
   * The head that the projector has read, in every call of a projector: events above this sequence are not needed. A reader
   * may stop after it, or ignore it.
   */
  readonly upTo?: bigint;
  /**
   * How many events the projector folds at most, because of its `replayBudget`; absent without a limit. A reader may stop after
   * so many events, or ignore it.
   */
  readonly limit?: number;
  /**
   * Aborted when all callers that wait for the events have left, so that the reader can cancel its query. Errors of the
   * reader after that are ignored. Absent in a `Projector`, whose callers cannot leave.
   */
  readonly signal?: AbortSignal;
}

/**
 * The event log as a projector reads it. `kinds` lists the relevant kinds of events; `[]` means every kind. Events must
 * become visible in the order of their sequences: an event that appears below a sequence already read is never folded.
 */
export interface EventReader<Event> {
  /**
   * Identifies this event log; default: none. States cached under another identity are not used. Change it when the log is
   * restored from a backup.
   */
  readonly identity?: string;
  /**
   * Returns an id or a hash of the event of a stream at a sequence, a text of 1 to 65,535 bytes in UTF-8; `undefined` when
   * the stream has no event there. It must differ from that of any event that once had the same sequence and was lost by a
   * restore. Optional: if present, it is stored with each state, and a cached state is used only while the event at its
   * watermark is still the same.
   */
  checkpoint?(stream: string, sequence: bigint): string | undefined;
  /** Returns the sequence of the newest relevant event of a stream, `undefined` when there is none. */
  head(stream: string, kinds: readonly string[]): bigint | undefined;
  /**
   * Returns the heads of several streams, each listed once; a stream without relevant events is absent from the map. Optional:
   * if present, `projectMany` calls it once, in place of `head` for each stream.
   */
  heads?(streams: readonly string[], kinds: readonly string[]): ReadonlyMap<string, bigint>;
  /**
   * Returns the relevant events of a stream in ascending order, only those after the sequence `after` if it is present. The
   * iterator is read up to the head and then closed.
   */
  read(stream: string, kinds: readonly string[], after?: bigint, options?: ReadOptions): Iterable<RecordedEvent<Event>>;
}

/** An `EventReader` for an asynchronous event log. */
export interface AsyncEventReader<Event> {
  /** Identifies this event log, as `EventReader.identity` does; default: none. */
  readonly identity?: string;
  /** Resolves to an id or a hash of the event at a sequence, as `EventReader.checkpoint` returns it. Optional. */
  checkpoint?(stream: string, sequence: bigint): Promise<string | undefined>;
  /** Resolves to the sequence of the newest relevant event of a stream, to `undefined` when there is none. */
  head(stream: string, kinds: readonly string[]): Promise<bigint | undefined>;
  /** Resolves to the heads of several streams, as `EventReader.heads` returns them. Optional. */
  heads?(streams: readonly string[], kinds: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  /**
   * Returns the relevant events of a stream in ascending order, only those after the sequence `after` if it is present. The
   * iterator is read up to the head and then closed. When all callers have left, its `return` is called, even while a `next`
   * is pending. An async generator runs `return` only after that `next`: if it can wait long, use `options.signal`.
   */
  read(
    stream: string,
    kinds: readonly string[],
    after?: bigint,
    options?: ReadOptions,
  ): AsyncIterable<RecordedEvent<Event>>;
}

const SEQUENCE_MAX: bigint = 2n ** 64n - 1n;

/** Throws `SOURCE_INVALID` for a head that is neither a u64 nor `undefined`. */
export function assertHead(subject: ProjectionSubject, head: bigint | undefined): void {
  if (head === undefined || isSequence(head)) return;
  throw sourceInvalid(subject, `its head is ${shown(head)}: it must be a u64 as a bigint, or undefined without events`);
}

/** Throws `SOURCE_INVALID` for null or `undefined` in place of an event and its sequence, or of the event in it. */
export function assertRecorded<Event>(
  subject: ProjectionSubject,
  recorded: Partial<RecordedEvent<Event>> | null | undefined,
  eventsRead: number,
): asserts recorded is RecordedEvent<Event> {
  const found = recorded ?? undefined;
  if (found === undefined) throw sourceInvalid(subject, `it has ${shown(recorded)} among its events`, eventsRead);
  if (found.event !== undefined && found.event !== null) return;
  throw sourceInvalid(subject, `the event at ${shown(found.sequence)} is ${shown(found.event)}`, eventsRead);
}

/**
 * Throws `SOURCE_INVALID` for a sequence that is not a u64, or not above the previous one if there is one: the event before
 * it, or the sequence `after` of the read if there is no event before it.
 */
export function assertFollows(
  subject: ProjectionSubject,
  sequence: bigint,
  previous: bigint | undefined,
  eventsRead: number,
): void {
  if (!isSequence(sequence)) {
    const reason = `an event has the sequence ${shown(sequence)}: it must be a u64 as a bigint`;
    throw sourceInvalid(subject, reason, eventsRead);
  }
  if (previous === undefined || sequence > previous) return;
  const reason =
    eventsRead === 0
      ? `its \`read\` returned event ${sequence} for \`after\` ${previous}: it must skip events up to \`after\``
      : `event ${sequence} came after ${previous}: sequences must ascend`;
  throw sourceInvalid(subject, reason, eventsRead);
}

/** The error for events that end at `last`, below the head. */
export function endsBelowHead(
  subject: ProjectionSubject,
  last: bigint | undefined,
  head: bigint,
  eventsRead: number,
): StoreError {
  const end = last === undefined ? 'without any event' : `at ${last}`;
  return sourceInvalid(subject, `its events end ${end} though the head is ${head}`, eventsRead);
}

/** Throws `SOURCE_INVALID` when the identity of an event log has changed since the projection was bound to it. */
export function assertSameLog(
  subject: ProjectionSubject & { readonly projection: { readonly identity: string | undefined } },
  found: string | undefined,
  eventsRead: number,
): void {
  if (subject.projection.identity === found) return;
  const reason = 'its identity changed while it was read: events of two logs cannot be mixed; call again';
  throw sourceInvalid(subject, reason, eventsRead);
}

export function sourceInvalid(subject: ProjectionSubject, reason: string, eventsRead = 0): StoreError {
  const message = `the event source cannot be used for '${subject.stream}': ${reason}; nothing was cached`;
  return projectionError('SOURCE_INVALID', message, subject, eventsRead);
}

function isSequence(sequence: unknown): boolean {
  return typeof sequence === 'bigint' && sequence >= 0n && sequence <= SEQUENCE_MAX;
}

function shown(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'number' ? `${value} (${typeof value})` : kindOf(value);
}
