/*
 * Writes to a store whose lock has a lease, without end, until it is killed: lease-writer.ts DIRECTORY LEASE_MS NAME
 *
 * It waits for the lock, and once it has lost it, closes the store and waits again. Each time it has the lock is a term.
 * Every key names the term and counts from 0 within it, so that the log shows who wrote when. Writes `open TERM` when it
 * has the lock and `lost CODE` when it has lost it.
 */
import { writeSync } from 'node:fs';
import { LogCache } from '../../src/cache/log-cache.ts';

const waitForLockMs = 600_000;
const putsASync = 5;

const [directory = '', lease = '', name = ''] = process.argv.slice(2);
const options = { lock: { leaseMs: Number(lease) }, waitForLockMs };

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Puts entries until the lock is lost; then throws. */
async function serve(cache: LogCache, term: string): Promise<never> {
  for (let number = 0; ; number += 1) {
    cache.put(`${term}:${number}`, new Uint8Array(number % 100), { watermark: BigInt(number), cachedAtUs: 0n });
    if (number % putsASync > 0) continue;
    if (number % 2 === 0) cache.sync();
    else await cache.syncAsync();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** An opening that loses the lock while it replaces the log ends with an error; the next one waits again. */
async function opened(): Promise<LogCache> {
  for (;;) {
    try {
      return await LogCache.openAsync(directory, options);
    } catch (error) {
      say(`refused ${(error as { code?: string }).code ?? String(error)}`);
    }
  }
}

say('ready');
for (let terms = 0; ; terms += 1) {
  const cache = await opened();
  const term = `${name}-${terms}`;
  say(`open ${term}`);
  try {
    await serve(cache, term);
  } catch (error) {
    say(`lost ${(error as { code?: string }).code ?? String(error)}`);
  }
  try {
    cache.close();
  } catch {
    // The store was poisoned.
  }
}
