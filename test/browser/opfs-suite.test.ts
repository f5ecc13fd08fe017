// Why these tests: the engine relies on what every storage does, and on the cache suite; here without a browser, on a file
// system that behaves like one.
import { afterEach, beforeEach, describe, test } from 'vitest';
import type { OpfsStorage } from '../../src/browser/opfs-storage.ts';
import { LogCache } from '../../src/cache/log-cache.ts';
import { projectionCacheSuite } from '../../src/testing/index.ts';
import { describeStorage } from '../storage/storage-suite.ts';
import { FakeOrigin } from './fake-origin.ts';

let storage: OpfsStorage;

beforeEach(async () => {
  storage = await new FakeOrigin().worker().open('projections');
});

afterEach(() => storage.close());

describeStorage('OpfsStorage', () => ({ storage, path: 'store' }));

const open = (): LogCache => LogCache.open('store', { storage });
const reopen = (cache: LogCache): LogCache => {
  cache.close();
  return open();
};
projectionCacheSuite({
  name: 'LogCache in OpfsStorage',
  open,
  reopen,
  close: (cache) => cache.close(),
  describe,
  test,
});
