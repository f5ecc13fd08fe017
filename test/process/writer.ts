/*
 * Runs a workload on a cache without end and reports on standard output how far it is durable, until it is killed:
 * writer.ts DIRECTORY WORKLOAD FIRST [SYNCS]
 *
 * FIRST is the number of its first operation, or `next`: the one after those that the cache holds.
 *
 * It closes and reopens the cache after so many SYNCS. It also reports what it starts: `opening`, `compacting` and
 * `closing`, with `open` and `compacted` at their ends. Lines are written at once: they are true even if the process is
 * killed right after.
 */
import { writeSync } from 'node:fs';
import { LogCache } from '../../src/cache/log-cache.ts';
import { perform, type WorkloadName, workloads } from './operations.ts';
import { operationsHeld } from './survivor.ts';

const turnOperations = 250;

const [directory = '', name = '', first = '', syncsUntilReopening = '60'] = process.argv.slice(2);
const workload = workloads[name as WorkloadName];

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function open(): LogCache {
  say('opening');
  const cache = LogCache.open(directory, {
    onEvent: ({ type }) => {
      if (type === 'compaction-started') say('compacting');
      if (type === 'compaction-finished' || type === 'compaction-abandoned') say('compacted');
    },
  });
  say('open');
  return cache;
}

let cache = open();
const begin: number = first === 'next' ? operationsHeld(cache, workload, 0) : Number(first);
let syncAt = Math.max(workload.firstSync, begin + workload.syncEvery);
let syncs = 0;
for (let number = begin; ; number += 1) {
  perform(cache, workload, number);
  if (number % turnOperations === 0) await new Promise((resolve) => setImmediate(resolve));
  if (number + 1 < syncAt) continue;
  if (syncs % 2 === 0) cache.sync();
  else await cache.syncAsync();
  say(`synced ${number + 1}`);
  syncAt = number + 1 + workload.syncEvery;
  syncs += 1;
  if (syncs % Number(syncsUntilReopening) > 0) continue;
  say('closing');
  cache.close();
  cache = open();
}
