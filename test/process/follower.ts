/*
 * Follows a cache that another process writes, and checks all of it after each refresh: follower.ts DIRECTORY WORKLOAD
 *
 * Its standard input has a line with the number of operations that the writer has reported as durable, whenever that
 * changes, and `end`. Then it reports `looks`, `changes`, `replaced` and `scans` with their numbers and ends. It ends with an
 * error if it sees something wrong: a value that was not put, less than was reported before the refresh, or an older state
 * than before.
 */
import { createInterface } from 'node:readline';
import { LogCache } from '../../src/cache/log-cache.ts';
import { type WorkloadName, workloads } from './operations.ts';
import { HeldOperations } from './survivor.ts';

const SCAN_STEPS = 40;

const [directory = '', name = ''] = process.argv.slice(2);
const held = new HeldOperations(workloads[name as WorkloadName]);

let synced = 0;
let ended = false;
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'end') ended = true;
  else synced = Number(line);
});

let replaced = 0;
const failures: unknown[] = [];
const cache = LogCache.open(directory, {
  readOnly: true,
  onEvent: (event) => {
    if (event.type === 'opened') return;
    if (event.type !== 'refreshed') failures.push(event);
    else if (event.replaced) replaced += 1;
  },
});
console.log('following');

let looks = 0;
let changes = 0;
let scans = 0;
let scan: Iterator<Uint8Array> = cache.keys();
let lastKey: string | undefined;
while (!ended) {
  const reported = synced;
  if (cache.refresh()) changes += 1;
  // While all of it is read, a record may be found gone: then the cache has refreshed itself, and two states are mixed.
  for (let before = -1; before !== replaced; ) {
    before = replaced;
    try {
      held.in(cache, reported);
    } catch (error) {
      if (before === replaced) throw error;
    }
  }
  looks += 1;
  stepScan();
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  await new Promise((resolve) => setImmediate(resolve));
}
console.log(`looks ${looks} changes ${changes} replaced ${replaced} scans ${scans}`);
cache.close();
process.exit(0);

/** Steps of a scan that lasts over many refreshes. */
function stepScan(): void {
  for (let step = 0; step < SCAN_STEPS; step += 1) {
    const { done, value } = scan.next();
    if (done === true) {
      scans += 1;
      scan = cache.keys();
      lastKey = undefined;
      return;
    }
    const key = Buffer.from(value).toString('latin1');
    if (lastKey !== undefined && key <= lastKey) throw new Error(`a scan returned ${key} after ${lastKey}`);
    lastKey = key;
  }
}
