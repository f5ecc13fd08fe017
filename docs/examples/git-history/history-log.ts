import type { EventReader } from '../../../src/index.ts';
import { activityStreams } from './activity-stream.ts';
import { type FileChange, type RecordedChange, sequenceOf } from './file-change.ts';

/** The log up to some commit, as the phases read it. */
export interface HistoryReader extends EventReader<FileChange> {
  /** The streams with at least one event. */
  streams(): string[];
  /** The number of events. */
  readonly size: number;
}

/**
 * The events of a repository in memory, by stream: git stores commits, and a projector reads the events of one file or
 * directory. An event store has its own index for that.
 */
export class HistoryLog {
  readonly #identity: string;
  readonly #streams = new Map<string, RecordedChange[]>();
  readonly #all: RecordedChange[] = [];

  /** `identity` names the history: two heads may order the same commits differently. */
  constructor(identity: string) {
    this.#identity = identity;
  }

  /** The number of events; each is in several streams. */
  get size(): number {
    return this.#all.length;
  }

  /** Appends an event after all existing ones. */
  append(recorded: RecordedChange): void {
    this.#all.push(recorded);
    for (const stream of activityStreams(recorded.event.path)) {
      const events = this.#streams.get(stream);
      if (events === undefined) this.#streams.set(stream, [recorded]);
      else events.push(recorded);
    }
  }

  /** The log as it was when `commit` was the newest. All events are of one kind, so kinds are ignored. */
  until(commit: number): HistoryReader {
    const streams = this.#streams;
    const end = sequenceOf(commit + 1, 0);
    return {
      identity: this.#identity,
      size: firstFrom(this.#all, end),
      streams: () =>
        [...streams].filter(([, [first]]) => first !== undefined && first.sequence < end).map(([name]) => name),
      head: (stream) => {
        const events = streams.get(stream) ?? [];
        return events[firstFrom(events, end) - 1]?.sequence;
      },
      *read(stream, _kinds, after = -1n) {
        const events = streams.get(stream) ?? [];
        for (let at = firstFrom(events, after + 1n); at < firstFrom(events, end); at += 1)
          yield events[at] as RecordedChange;
      },
    };
  }
}

/** The index of the first event at or above `sequence`, by binary search. */
function firstFrom(events: readonly RecordedChange[], sequence: bigint): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle] as RecordedChange).sequence < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
