/*
 * Why this test: between a local cache and a shared one lie calls that overtake each other, answers that are lost, deletions that
 * another machine does not hear of, and crashes of both. Whatever the order, a machine must read what the shared cache had, and
 * nothing that it knows to be gone.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TieredCache } from '../src/tiered/tiered-cache.ts';
import { brokenSample, triesAllBroken } from '../test/engines/broken-sample.ts';
import { BROKEN_TIERS, brokenTiers } from '../test/tiered/broken-tiers.ts';
import { Fleet } from '../test/tiered/fleet.ts';
import { type FleetStep, fleetSteps } from '../test/tiered/fleet-steps.ts';
import { runs } from './runs.ts';

/** Runs fleets, and returns how often their local caches have answered. */
async function runFleets(make: typeof TieredCache, parameters: fc.Parameters<[FleetStep[]]>): Promise<number> {
  let localHits = 0;
  const property = fc.asyncProperty(fleetSteps, async (steps) => {
    const fleet = new Fleet(make);
    for (const step of steps) await fleet.run(step);
    await fleet.end();
    localHits += fleet.localHits;
  });
  await fc.assert(property, parameters);
  return localHits;
}

test('a machine reads what the shared cache had, and nothing that it knows to be gone', async () => {
  expect(await runFleets(TieredCache, { numRuns: runs(2_000) })).toBeGreaterThan(2_000);
});

/** So many runs notice the rarest of the mistakes. The correct cache must pass the same ones. */
const SEARCH: fc.Parameters<[FleetStep[]]> = { numRuns: 40_000, seed: 507, endOnFailure: true };

test.each(brokenSample(BROKEN_TIERS))('the fleets show that $fault', async (broken) => {
  const make = await brokenTiers(broken);
  await expect(runFleets(make, SEARCH)).rejects.toThrow();
});

test.runIf(triesAllBroken)(
  'the fleets in which the mistakes are noticed show nothing of the correct cache',
  async () => {
    expect(await runFleets(TieredCache, SEARCH)).toBeGreaterThan(40_000);
  },
);
