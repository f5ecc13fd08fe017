/*
 * Writes to the cache in DIRECTORY without end, which compacts it again and again, and backs it up meanwhile, one
 * backup after another, into DIRECTORY-backup-0, -1 and so on: backup-writer.ts DIRECTORY
 *
 * Before each backup it writes the line `begin NUMBER OPERATIONS`, with the operations that the copy must hold, and
 * `done NUMBER` after it.
 */
import { writeSync } from 'node:fs';
import { LogCache } from '../../src/cache/log-cache.ts';
import { perform, workloads } from './operations.ts';

const firstOperations = 600;
const turnOperations = 60;
const syncEvery = 180;

const [directory = ''] = process.argv.slice(2);
const workload = workloads.overwriting;
const cache = LogCache.open(directory);
let operations = 0;

function write(count: number): void {
  for (const end = operations + count; operations < end; operations += 1) {
    perform(cache, workload, operations);
    if (operations % syncEvery === 0) cache.sync();
  }
}

async function backUp(): Promise<never> {
  for (let number = 0; ; number += 1) {
    writeSync(1, `begin ${number} ${operations}\n`);
    await cache.backupAsync(`${directory}-backup-${number}`);
    writeSync(1, `done ${number}\n`);
  }
}

write(firstOperations);
const backups = backUp();
backups.catch((error: unknown) => {
  writeSync(1, `failed ${String(error)}\n`);
  process.exit(1);
});
for (;;) {
  write(turnOperations);
  await new Promise((resolve) => setImmediate(resolve));
}
