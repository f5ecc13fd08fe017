// A cache in memory, in a page.
import { LogCache, MemoryStorage } from 'projection-cache';

const storage = new MemoryStorage();
const cache = LogCache.open('orders', { storage });
cache.put('order:507', Uint8Array.of(5, 0, 7), { watermark: 1042n, cachedAtUs: 0n });
cache.close();

const reopened = LogCache.open('orders', { storage });
const { value, meta } = reopened.get('order:507');
globalThis.answer = `${value.join('')} ${meta.watermark} ${reopened.stats().recovery.imageUsed}`;
