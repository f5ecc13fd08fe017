// An asynchronous read that was interrupted again and again counted as complete. The rest of its page was zeros, and
// every `get` in that page reported intact entries as damaged and removed them.
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { FaultStorage } from '../../src/testing/index.ts';

const meta = { watermark: 1n, cachedAtUs: 1n };
const count = 2000;

test('an incomplete prefetch changes nothing', async () => {
  const storage = new FaultStorage();
  const filling = LogCache.open('cache', { storage });
  for (let i = 0; i < count; i += 1) filling.put(`key ${i}`, new Uint8Array(100).fill(i), meta);
  filling.close();

  const cache = LogCache.open('cache', { storage });
  let reads = 0;
  storage.rule = ({ verb, name }) => {
    if (verb !== 'read' || name !== '000001.log') return undefined;
    reads += 1;
    return reads === 1 ? { short: 4096 } : { fail: 'EAGAIN' };
  };
  cache.prefetch('key 300', meta);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(reads).toBeGreaterThan(50);
  storage.rule = undefined;
  for (let i = 0; i < count; i += 1) expect(cache.get(`key ${i}`)?.value[0]).toBe(i % 256);
  expect(cache.stats().counters.corruptions).toBe(0);
  cache.close();
});
