/*
 * Opens the cache in a directory in a separate process, gets one entry, and prints the time from the call of `open` to
 * the entry: the time that a starting program waits. opener.ts DIRECTORY ENTRY
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
