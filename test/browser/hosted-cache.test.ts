import { expect, test } from 'vitest';
import type { CacheAnswer, CacheVerb } from '../../src/browser/cache-messages.ts';
import { HostedCache } from '../../src/browser/hosted-cache.ts';
import { LogCache } from '../../src/cache/log-cache.ts';
import { FaultStorage } from '../../src/testing/index.ts';
import { someMeta, utf8 } from '../cache/cache-fixtures.ts';

const DIRECTORY = 'store';

/** What the next worker finds, if this one is killed at the moment of the answer. */
function keysAfterKill(storage: FaultStorage): number {
  const cache = LogCache.open(DIRECTORY, { storage: new FaultStorage({ image: storage.image() }) });
  const { size } = cache;
  cache.close();
  return size;
}

// Other tabs live on when the tab that has the cache open is killed: to them an acknowledged deletion must not be undone.
test('answers to puts and deletions come when their records are in the file', async () => {
  const storage = new FaultStorage();
  const cache = LogCache.open(DIRECTORY, { storage });
  const hosted = new HostedCache(() => Promise.resolve({ cache, close: () => cache.close() }));
  const perform = (verb: CacheVerb, ...args: readonly unknown[]): Promise<readonly [CacheAnswer, number]> =>
    new Promise((resolve) =>
      hosted.perform({ id: 1, verb, args }, (answer) => resolve([answer, keysAfterKill(storage)])),
    );
  expect(await perform('put', utf8('a'), utf8('state'), someMeta)).toEqual([{ id: 1, result: undefined }, 1]);
  expect(await perform('deletePrefix', utf8(''))).toEqual([{ id: 1, result: 1 }, 0]);
  await hosted.close();
});

test('closing waits for the answers of calls under way', async () => {
  const cache = LogCache.open(DIRECTORY, { storage: new FaultStorage() });
  const hosted = new HostedCache(() => Promise.resolve({ cache, close: () => cache.close() }));
  const answers: CacheAnswer[] = [];
  hosted.perform({ id: 7, verb: 'put', args: [utf8('a'), utf8('state'), someMeta] }, (answer) => answers.push(answer));
  await hosted.close();
  expect(answers).toEqual([{ id: 7, result: undefined }]);
});
