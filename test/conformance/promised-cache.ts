import type { AsyncProjectionCache, ProjectionCache } from '../../src/contract/projection-cache.ts';
import { turns } from './queued-cache.ts';

/**
 * An asynchronous cache over `cache`: it runs each call at once, resolves in a later turn, and rejects if `cache`
 * throws.
 */
export function promised(cache: ProjectionCache): AsyncProjectionCache {
  const later = async <Answer>(call: () => Answer): Promise<Answer> => {
    const answer = call();
    await turns();
    return answer;
  };
  return {
    capabilities: () => cache.capabilities(),
    get: (key) => later(() => cache.get(key)),
    put: (key, value, meta) => later(() => cache.put(key, value, meta)),
    deletePrefix: (prefix) => later(() => cache.deletePrefix(prefix)),
    sync: () => later(() => cache.sync()),
    prefetch: (key, predictedMeta) => later(() => cache.prefetch?.(key, predictedMeta)),
  };
}
