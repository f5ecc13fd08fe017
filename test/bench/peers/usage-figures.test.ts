import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { diskBytes } from '../../../bench/peers/disk-usage.ts';
import { anonymousBytes } from '../../../bench/peers/process-memory.ts';
import { timeEach, timeEachPromised, timeWork } from '../../../bench/peers/timing.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'projection-cache-test-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

test('anonymous memory is read from the status file of Linux', () => {
  const status = 'VmRSS:\t  5000 kB\nRssAnon:\t    1234 kB\nRssFile:\t    3766 kB\n';
  expect(anonymousBytes(status)).toBe(1234 * 1024);
  expect(anonymousBytes('VmRSS:\t 5000 kB\n')).toBeUndefined();
});

// Other systems have no blocks, or files without holes.
test.runIf(process.platform === 'linux')('disk usage counts the files of all folders, without holes', () => {
  mkdirSync(join(directory, 'inner'));
  writeFileSync(join(directory, 'inner', 'full'), new Uint8Array(100_000).fill(7));
  writeFileSync(join(directory, 'sparse'), '');
  truncateSync(join(directory, 'sparse'), 1_000_000_000);
  expect(diskBytes(directory)).toBeGreaterThanOrEqual(100_000);
  expect(diskBytes(directory)).toBeLessThan(10_000_000);
});

test('each step is timed once, in order', async () => {
  const [plain, promised] = [new Float64Array(3).fill(-1), new Float64Array(3).fill(-1)];
  const steps: number[] = [];
  timeEach(plain, (i) => steps.push(i));
  await timeEachPromised(promised, async (i) => {
    steps.push(await Promise.resolve(i));
  });
  expect(steps).toEqual([0, 1, 2, 0, 1, 2]);
  expect([...plain, ...promised].every((ms) => ms >= 0)).toBe(true);
});

test('a work is timed until its promise is resolved', async () => {
  let done = false;
  await timeWork(async () => {
    await Promise.resolve();
    done = true;
  });
  expect(done).toBe(true);
  expect(await timeWork(() => undefined)).toBeGreaterThanOrEqual(0);
});
