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
