import type { EventStore } from '@event-driven-io/emmett';
import type { AsyncEventReader } from '../../../src/index.ts';
import type { OrderEvent } from './order-event.ts';

/**
 * An event store of Emmett as the event reader of a projector. The sequence of an event is its position in its stream,
 * from 1, from which the store also continues reading. `identity` names the data in the store: use another one after a
 * restore.
 */
export function emmettReader(store: EventStore, identity: string): AsyncEventReader<OrderEvent> {
  return {
    identity,
    async head(stream, kinds) {
      if (kinds.length === 0) {
        const { currentStreamVersion, streamExists } = await store.readStream(stream, { maxCount: 1n });
        return streamExists ? currentStreamVersion : undefined;
      }
      // The store has no index by type: the newest event of some types is found by reading.
      let newest: bigint | undefined;
      for await (const { sequence } of this.read(stream, kinds)) newest = sequence;
      return newest;
    },
    async *read(stream, kinds, after = 0n) {
      const { events } = await store.readStream<OrderEvent>(stream, { from: after });
      for (const event of events) {
        if (kinds.length > 0 && !kinds.includes(event.type)) continue;
        yield { sequence: event.metadata.streamPosition, event };
      }
    },
  };
}
