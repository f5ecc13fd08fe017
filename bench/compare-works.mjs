/*
 * Measures one build of the package and prints microseconds for each operation as JSON. It is plain JavaScript and
 * imports the build itself, so that nothing is transformed on the way: a loader that strips types may also make code
 * slow.
 *
 * compare-works.mjs DIST_INDEX_JS DIRECTORY ENTRIES
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

const [index = '', directory = '', count = '0'] = process.argv.slice(2);
const { LogCache } = await import(pathToFileURL(index).href);
const entries = Number(count);
const groupEntries = 100;
const durablePuts = 50;
const meta = { watermark: 507n, cachedAtUs: 1_700_000_000_000_000n };
const value = new Uint8Array(256).fill(7);
const path = join(directory, 'cache');
const figures = {};

/**
 * The bytes of `orders/<group>/<item>`, of one length for all numbers. The second half of a group's items is never
 * stored.
 */
function keyOf(number, absent = false) {
  const item = (number % groupEntries) + (absent ? 500 : 0);
  return Buffer.from(`orders/${prefixOf(number)}/${String(item).padStart(4, '0')}`);
}

function prefixOf(number) {
  return String(Math.floor(number / groupEntries)).padStart(8, '0');
}

/** The numbers below `entries` in a random order, the same in each run. */
function shuffled(seed) {
  const order = Array.from({ length: entries }, (_, i) => i);
  let state = seed;
  for (let last = entries - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** Processor time for computation, elapsed time for work that waits for the disk. */
function measure(name, operations, clock, work) {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(startedCpu);
  const us = clock === 'wall' ? (performance.now() - startedMs) * 1000 : user + system;
  figures[name] = us / operations;
  return result;
}

function expect(name, found, expected) {
  if (found !== expected) throw new Error(`${name}: ${found} where ${expected} were expected`);
}

function eachKey(seed, absent, use) {
  let done = 0;
  for (const number of shuffled(seed)) if (use(keyOf(number, absent), number)) done += 1;
  return done;
}

function withCache(use) {
  const cache = LogCache.open(path);
  use(cache);
  cache.close();
}

function open(name) {
  const cache = measure(name, 1, 'cpu', () => {
    const opened = LogCache.open(path);
    expect(name, opened.get(keyOf(0)) !== undefined, true);
    return opened;
  });
  cache.close();
}

function put(cache, key) {
  cache.put(key, value, meta);
  return true;
}

withCache((cache) => {
  measure('load', entries, 'cpu', () => {
    eachKey(1, false, (key) => put(cache, key));
    cache.sync();
  });
});
open('open by image');
for (const name of readdirSync(path)) if (name.endsWith('.index')) rmSync(join(path, name));
open('open by replay');
withCache((cache) => {
  const found = (key) => cache.get(key) !== undefined;
  for (const _ of cache.entries());
  expect(
    'get hit',
    measure('get hit', entries, 'cpu', () => eachKey(2, false, found)),
    entries,
  );
  expect(
    'get miss',
    measure('get miss', entries, 'cpu', () => eachKey(3, true, found)),
    0,
  );
  let seen = 0;
  measure('scan', entries, 'cpu', () => {
    for (const _ of cache.entries()) seen += 1;
  });
  expect('scan', seen, entries);
  measure('overwrite', entries, 'cpu', () => {
    eachKey(4, false, (key) => put(cache, key));
    cache.sync();
  });
  measure('mixed', entries, 'cpu', () =>
    eachKey(5, false, (key, number) => (number % 3 === 0 ? put(cache, key) : found(key))),
  );
  measure('durable put', durablePuts, 'wall', () => {
    for (let i = 0; i < durablePuts; i += 1) {
      put(cache, keyOf(i));
      cache.sync();
    }
  });
  const removed = measure('deletePrefix', entries, 'cpu', () => {
    let sum = 0;
    for (let i = 0; i < entries; i += groupEntries) sum += cache.deletePrefix(`orders/${prefixOf(i)}/`);
    return sum;
  });
  expect('deletePrefix', removed, entries);
});
console.log(JSON.stringify(figures));
