/*
 * Why this test: a reader has no lock, so the writer changes generations during its reads: the log it opens may be
 * gone, truncated or incomplete. It may miss entries; it must not fail, and must not see entries that were replaced
 * before it opened.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { ChildScript } from './child-script.ts';
import { workloads } from './operations.ts';
import { Model, watermarksOf } from './survivor.ts';

const script: URL = await builtScript(new URL('./writer.ts', import.meta.url));
const readings = 25;

/** The operations that the writer has reported as durable so far. */
function syncedOf({ lines }: ChildScript): number {
  return Number(lines.findLast((line) => line.startsWith('synced '))?.slice(7) ?? 0);
}

test('a reader that opens beside a constantly compacting writer never sees replaced entries', async () => {
  const directory = join(temporaryDirectory(), 'cache');
  const writer = new ChildScript(script, [directory, 'overwriting', '0']);
  const workload = workloads.overwriting;
  const model = new Model(workload);
  const generations = new Set<number>();
  try {
    await writer.line(2);
    for (let reading = 0; reading < readings; reading += 1) {
      await sleep(10);
      model.advanceTo(syncedOf(writer));
      using reader = LogCache.open(directory, { readOnly: true });
      generations.add(reader.stats().generation);
      const held = watermarksOf(reader, workload);
      for (const [key, watermark] of held) {
        const synced = model.watermarks.get(key);
        if (synced === undefined) expect(watermark, `${key} was removed`).toBeGreaterThanOrEqual(model.operations);
        else expect(watermark, `${key} was replaced`).toBeGreaterThanOrEqual(synced);
      }
    }
  } finally {
    await writer.kill();
  }
  expect(generations.size).toBeGreaterThan(1);
  expect(model.operations).toBeGreaterThan(0);
});
