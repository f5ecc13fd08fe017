/**
 * Measures what a cold start waits for: `node cold-start.mjs 10000` creates a store of so many entries, with keys of 32 and
 * values of 256 bytes, and opens it read-only in fresh processes. Prints the median and the
 * fastest of each phase, in milliseconds.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROCESSES = 11;
const [count = '10000', directory] = process.argv.slice(2);
const keyOf = (number) => `orders/${String(number).padStart(25, '0')}`;

/** In a fresh process, so that nothing is loaded or compiled before. */
async function measure() {
  const times = [performance.now()];
  const { LogCache } = await import('projection-cache');
  times.push(performance.now());
  const cache = LogCache.open(directory, { readOnly: true });
  times.push(performance.now());
  if (cache.get(keyOf(Math.floor(Number(count) / 2))) === undefined) throw new Error('an entry is missing');
  times.push(performance.now());
  console.log(JSON.stringify(times.slice(1).map((time, at) => time - times[at])));
}

async function fill(path) {
  const { LogCache } = await import('projection-cache');
  const cache = LogCache.open(path);
  const value = new Uint8Array(256).fill(7);
  for (let number = 0; number < Number(count); number += 1) {
    cache.put(keyOf(number), value, { watermark: BigInt(number), cachedAtUs: 0n });
  }
  cache.close();
}

async function measureAll() {
  const path = mkdtempSync(join(tmpdir(), 'cold-start-'));
  try {
    await fill(path);
    const args = [fileURLToPath(import.meta.url), count, path];
    const runs = Array.from({ length: PROCESSES }, () => JSON.parse(execFileSync(process.execPath, args).toString()));
    for (const [at, what] of ['import', 'open', 'first get'].entries()) {
      const sorted = runs.map((times) => times[at]).sort((one, other) => one - other);
      console.log(`${what} ${sorted[(PROCESSES - 1) / 2].toFixed(1)} ${sorted[0].toFixed(1)}`);
    }
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

await (directory === undefined ? measureAll() : measure());
