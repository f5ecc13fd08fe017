/*
 * The checkpoints of the head and of the cached state were asked at once. A reader may answer the later question first: if the log
 * was restored between the two answers, a state with lost events was continued with the events of the restored log, and stored
 * with a checkpoint that every later call accepted. Found by the property of concurrent callers.
 */
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { jsonCodec } from '../../src/projection/json-codec.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';

test('a log that is restored between two answers of its reader: no state has events of both', async () => {
  let log = ['one', 'two'];
  let beforeHeadAnswers = (): void => {};
  const projector = new AsyncProjector<string>({
    cache: LogCache.open('cache', { storage: new MemoryStorage() }),
    source: {
      head: async () => BigInt(log.length),
      async *read(_stream, _kinds, after = 0n) {
        const events = await Promise.resolve(log.map((event, at) => ({ sequence: BigInt(at + 1), event })));
        yield* events.filter(({ sequence }) => sequence > after);
      },
      async checkpoint(_stream, sequence) {
        if (sequence !== BigInt(log.length)) return log[Number(sequence) - 1];
        await new Promise((resolve) => setImmediate(resolve));
        beforeHeadAnswers();
        return log[Number(sequence) - 1];
      },
    },
  });
  const projection = {
    name: 'all',
    version: 1,
    initial: (): readonly string[] => [],
    apply: (all: readonly string[], event: string) => [...all, event],
    codec: jsonCodec<readonly string[]>(),
  };
  await projector.project(projection, 'a');
  log = ['one', 'two', 'three'];
  beforeHeadAnswers = () => {
    log = ['ONE', 'TWO', 'THREE'];
  };
  expect(await projector.project(projection, 'a')).toEqual(['ONE', 'TWO', 'THREE']);
  expect(await projector.project(projection, 'a')).toEqual(['ONE', 'TWO', 'THREE']);
});
