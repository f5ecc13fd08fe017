import type { AsyncEventReader, EventReader, RecordedEvent } from '../../src/projection/event-reader.ts';

/** The events of these tests. */
export interface Change {
  readonly kind: string;
  readonly amount: number;
}

interface LoggedChange extends RecordedEvent<Change> {
  readonly stream: string;
}

/** An event log in memory that counts its calls, and can be made to fail. Sequences have gaps, as in real logs. */
export class MemoryLog implements EventReader<Change> {
  identity?: string;
  readonly changes: LoggedChange[] = [];
  headsAsked = 0;
  eventsRead = 0;
  /** The argument `after` of each read. */
  readonly reads: (bigint | undefined)[] = [];
  /** Reads that were closed or ended. */
  readsClosed = 0;
  /** Thrown instead of the next event after so many have been read. */
  failure: { readonly afterEvents: number; readonly error: Error } | undefined;
  readonly #step: bigint;

  constructor(step = 10n) {
    this.#step = step;
  }

  append(stream: string, amount: number, kind = 'added'): bigint {
    const sequence = (this.changes.at(-1)?.sequence ?? 0n) + this.#step;
    this.changes.push({ stream, sequence, event: { kind, amount } });
    return sequence;
  }

  /** Forgets the newest events, like a log that is restored from a backup. */
  restoreTo(sequence: bigint): void {
    while ((this.changes.at(-1)?.sequence ?? 0n) > sequence) this.changes.pop();
  }

  head(stream: string, kinds: readonly string[]): bigint | undefined {
    this.headsAsked += 1;
    return this.#relevant(stream, kinds).at(-1)?.sequence;
  }

  *read(stream: string, kinds: readonly string[], after?: bigint): Generator<RecordedEvent<Change>, void> {
    this.reads.push(after);
    try {
      for (const { sequence, event } of this.#relevant(stream, kinds)) {
        if (after !== undefined && sequence <= after) continue;
        if (this.eventsRead === this.failure?.afterEvents) throw this.failure.error;
        this.eventsRead += 1;
        yield { sequence, event };
      }
    } finally {
      this.readsClosed += 1;
    }
  }

  #relevant(stream: string, kinds: readonly string[]): LoggedChange[] {
    return this.changes.filter((change) => {
      return change.stream === stream && (kinds.length === 0 || kinds.includes(change.event.kind));
    });
  }
}

/** The same log as an asynchronous one: each result comes in a later microtask. */
export function answeringLater(log: EventReader<Change>): AsyncEventReader<Change> {
  const checkpoint = async (stream: string, sequence: bigint): Promise<string | undefined> => {
    await null;
    return log.checkpoint?.(stream, sequence);
  };
  const heads = async (streams: readonly string[], kinds: readonly string[]) => {
    await null;
    return log.heads?.(streams, kinds) as ReadonlyMap<string, bigint>;
  };
  return {
    ...(log.checkpoint === undefined ? {} : { checkpoint }),
    ...(log.heads === undefined ? {} : { heads }),
    get identity(): string | undefined {
      return log.identity;
    },
    head: async (stream, kinds) => {
      await null;
      return log.head(stream, kinds);
    },
    read: async function* (stream, kinds, after, options) {
      for (const recorded of log.read(stream, kinds, after, options)) {
        await null;
        yield recorded;
      }
    },
  } as AsyncEventReader<Change>;
}
