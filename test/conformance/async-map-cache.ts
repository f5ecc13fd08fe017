import type { AsyncProjectionCache } from '../../src/contract/projection-cache.ts';
import { MapCache } from './map-cache.ts';

/** A `MapCache` that answers in a later turn of the event loop, and rejects where the plain one throws. */
export function asyncMapCache(): Promise<AsyncProjectionCache> {
  const cache = new MapCache();
  const later = async <Answer>(answer: () => Answer): Promise<Answer> => {
    await new Promise((resolve) => setImmediate(resolve));
    return answer();
  };
  return Promise.resolve({
    capabilities: () => cache.capabilities(),
    get: (key) => later(() => cache.get(key)),
    put: (key, value, meta) => later(() => cache.put(key, value, meta)),
    deletePrefix: (prefix) => later(() => cache.deletePrefix(prefix)),
    sync: () => later(() => cache.sync()),
  });
}
