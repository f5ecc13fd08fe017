/*
 * Opens the cache in a directory in a process of its own, gets one entry, and prints how long it took from the call of
 * `open` to the entry: what a program waits for that starts.
 *
 *     opener.ts DIRECTORY ENTRY
 */
import { performance } from 'node:perf_hooks';
import { LogCache } from '../src/index.ts';
import { Keys } from './workload.ts';

const [directory = '', entry = '0'] = process.argv.slice(2);
const key = new Keys().stored(Number(entry));
const startCpu = process.cpuUsage();
const start = performance.now();
const cache = LogCache.open(directory);
const found = cache.get(key) !== undefined;
const ms = performance.now() - start;
const { user, system } = process.cpuUsage(startCpu);
const { imageUsed, records } = cache.stats().recovery;
cache.close();
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, found, imageUsed, records }));
