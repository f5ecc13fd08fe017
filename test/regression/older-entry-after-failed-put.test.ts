/*
 * A put went to the shared cache, the local cache failed to store it, and the entry that was there before stayed: this machine
 * read back what it had just replaced. Found by the property of the fleets, and met in practice by a value that outgrows the
 * local cache.
 */
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { TieredCache } from '../../src/tiered/tiered-cache.ts';
import { Fleet } from '../tiered/fleet.ts';
import type { FleetStep } from '../tiered/fleet-steps.ts';
import { ModelLocal } from '../tiered/model-local.ts';
import { contentsWithState, key, later, meta, utf8, warmMachine } from '../tiered/test-machine.ts';

test('a value that is too large for the local cache replaces the local one', async () => {
  const local = LogCache.open('cache', { storage: new MemoryStorage(), maxBytes: 4_096 });
  const { cache } = await warmMachine(await contentsWithState(), { local });
  expect(await cache.put(key, new Uint8Array(8_192), later)).toBe(true);
  expect((await cache.get(key))?.value).toHaveLength(8_192);
});

test.each([1, 2, 3])('a put is read back when the next %d calls of the local cache fail', async (times) => {
  const local = new ModelLocal();
  const { cache } = await warmMachine(await contentsWithState(), { local });
  local.fault = { when: 'before', times };
  expect(await cache.put(key, utf8('newer'), later)).toBe(true);
  expect((await cache.get(key))?.value).toEqual(utf8('newer'));
});

test('an entry that was rejected is gone when the local cache cannot tell whether it has it', async () => {
  const local = new ModelLocal();
  const { cache } = await warmMachine(await contentsWithState(), { local });
  const { epoch } = await cache.readWithEpoch(key);
  local.fault = { when: 'before', times: 1 };
  await cache.put(key, utf8('corrected'), meta, { epoch, replaces: meta });
  expect((await cache.get(key))?.value).toEqual(utf8('corrected'));
});

test('the fleet that found it reads what it has put', async () => {
  const release = (...calls: number[]): FleetStep => ({ what: 'release', machine: 0, calls, outcome: 'answer' });
  const put: FleetStep = { what: 'put', machine: 1, key: 'a', watermark: 1, rejects: false };
  const read: FleetStep = { what: 'read', machine: 1, key: 'a', wanted: 0 };
  const fault: FleetStep = { what: 'local-fault', machine: 1, when: 'before', times: 1 };
  const fleet = new Fleet(TieredCache);
  const steps = [
    read,
    release(0, 0),
    release(0, 0, 0),
    put,
    release(0),
    release(0, 0),
    put,
    fault,
    release(0, 0),
    read,
  ];
  for (const step of steps) await fleet.run(step);
  await fleet.end();
});
