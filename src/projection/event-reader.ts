import { kindOf } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';

/** An event with its global position in the event log; u64. */
export interface RecordedEvent<Event> {
  readonly sequence: bigint;
  /** Neither null nor `undefined`. */
  readonly event: Event;
}

/** What a reader may use while it reads. */
export interface ReadOptions {
  /**
   * Aborted when nobody waits for the events any more: a query under way may be cancelled. What the reader throws then is
   * ignored. Absent where nobody can leave, as in a `Projector`.
   */
  readonly signal?: AbortSignal;
}

/**
 * What a projector needs of an event log. `kinds` names the relevant kinds of events, `[]` every kind. Events must become
 * visible in the order of their sequences: one that appears below a sequence that was read before is never folded.
 */
export interface EventReader<Event> {
  /** Names this event log: what was cached from another one is not used. A restored log should get another one. */
  readonly identity?: string;
  /** Sequence of the newest relevant event of a stream, `undefined` where there is none. */
  head(stream: string, kinds: readonly string[]): bigint | undefined;
  /**
   * Relevant events of a stream, ascending; only those after the sequence `after`, where it is given. It is read no
   * further than the head and then closed.
   */
  read(stream: string, kinds: readonly string[], after?: bigint, options?: ReadOptions): Iterable<RecordedEvent<Event>>;
}

/** The same for event logs that answer later. */
export interface AsyncEventReader<Event> {
  /** As of an `EventReader`. */
  readonly identity?: string;
  /** Resolves to what `EventReader.head` returns. */
  head(stream: string, kinds: readonly string[]): Promise<bigint | undefined>;
  /**
   * As `EventReader.read`, with events that come one by one. When nobody waits for them any more, its iterator's `return` is
   * called, also while a `next` is pending; an async generator runs it only after that, so one that may hang there listens
   * to `options.signal`.
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
export function assertHead(stream: string, head: bigint | undefined): void {
  if (head === undefined || isSequence(head)) return;
  throw sourceInvalid(stream, `its head is ${shown(head)}: it must be a u64 as a bigint, or undefined without events`);
}

/** Throws `SOURCE_INVALID` for null or `undefined` in place of an event and its sequence, or of the event in it. */
export function assertRecorded<Event>(
  stream: string,
  recorded: Partial<RecordedEvent<Event>> | null | undefined,
): asserts recorded is RecordedEvent<Event> {
  const found = recorded ?? undefined;
  if (found === undefined) throw sourceInvalid(stream, `it has ${shown(recorded)} among its events`);
  if (found.event !== undefined && found.event !== null) return;
  throw sourceInvalid(stream, `the event at ${shown(found.sequence)} is ${shown(found.event)}`);
}

/** Throws `SOURCE_INVALID` for a sequence that is no u64 or does not follow the one before, where there is one. */
export function assertFollows(stream: string, sequence: bigint, previous: bigint | undefined): void {
  if (!isSequence(sequence)) {
    throw sourceInvalid(stream, `an event has the sequence ${shown(sequence)}: it must be a u64 as a bigint`);
  }
  if (previous !== undefined && sequence <= previous) {
    throw sourceInvalid(stream, `event ${sequence} came after ${previous}: sequences must ascend`);
  }
}

/** The events ended at `last` though the head is above it. */
export function endsBelowHead(stream: string, last: bigint | undefined, head: bigint): StoreError {
  const end = last === undefined ? 'without any event' : `at ${last}`;
  return sourceInvalid(stream, `its events end ${end} though the head is ${head}`);
}

/** Throws `SOURCE_INVALID` where an event log took another identity between two looks at it. */
export function assertSameLog(stream: string, expected: string | undefined, found: string | undefined): void {
  if (expected === found) return;
  throw sourceInvalid(stream, 'its identity changed while it was read: events of two logs do not mix; call again');
}

export function sourceInvalid(stream: string, reason: string): StoreError {
  return new StoreError(
    'SOURCE_INVALID',
    `the event source cannot be used for '${stream}': ${reason}; nothing was cached`,
  );
}

function isSequence(sequence: unknown): boolean {
  return typeof sequence === 'bigint' && sequence >= 0n && sequence <= SEQUENCE_MAX;
}

function shown(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'number' ? `${value} (${typeof value})` : kindOf(value);
}
