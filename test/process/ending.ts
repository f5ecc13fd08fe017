/*
 * Puts an entry, and in a later turn of the event loop another one, and then ends without closing the cache:
 *
 *     ending.ts DIRECTORY natural | exit | error | timer
 */
import { LogCache } from '../../src/cache/log-cache.ts';

const [directory = '', way = ''] = process.argv.slice(2);
const meta = { watermark: 1n, cachedAtUs: 0n };
// `timer`: the background sync alone must not keep the process alive.
const cache = LogCache.open(directory, way === 'timer' ? { syncEveryMs: 20 } : {});
cache.put('first', new TextEncoder().encode('state'), meta);
setTimeout(() => {
  cache.put('last', new TextEncoder().encode('state'), meta);
  if (way === 'exit') process.exit(3);
  if (way === 'error') throw new Error('as the test wants it');
}, 5);
