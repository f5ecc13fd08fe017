/*
 * Opens the cache in a directory in a separate process, gets one entry, and prints the time from the call of `open` to
 * the entry: the time that a starting program waits; and the time of the first put after it. With PUTS it makes so many puts
 * first, instead, and is killed. opener.ts DIRECTORY ENTRY [PUTS]
 */
import { performance } from 'node:perf_hooks';
import { LogCache } from '../src/index.ts';
import { Keys } from './workload.ts';

const [directory = '', entry = '0', puts = '0'] = process.argv.slice(2);
const key = new Keys().stored(Number(entry));
const startCpu = process.cpuUsage();
const start = performance.now();
const cache = LogCache.open(directory);
const found = cache.get(key);
const ms = performance.now() - start;
const { user, system } = process.cpuUsage(startCpu);
const { imageUsed, records } = cache.stats().recovery;
if (found === undefined) throw new Error('the entry is not there');
if (Number(puts) > 0) {
  for (let i = 0; i < Number(puts); i += 1) cache.put(key, found.value, found.meta);
  cache.sync();
  process.kill(process.pid, 'SIGKILL');
}
const startPut = performance.now();
cache.put(key, found.value, found.meta);
const putMs = performance.now() - startPut;
cache.close();
console.log(JSON.stringify({ ms, putMs, cpuMs: (user + system) / 1000, imageUsed, records }));
