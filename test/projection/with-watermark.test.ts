// Why this test: an application that passes a state on with its watermark must not pay for a report.
import { expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

test.each(ways)('projectWithWatermark returns state and watermark and measures nothing, $way', async ({ make }) => {
  const setup = new ProjectorSetup();
  let readings = 0;
  const elapsed = (): number => {
    readings += 1;
    return 0;
  };
  const projector = make(setup, { elapsed });
  const atStart = readings;
  expect(await projector.projectWithWatermark(totals, 'a')).toStrictEqual({ state: undefined });
  setup.log.append('a', 5);
  const result = await projector.projectWithWatermark(totals, 'a');
  expect(result).toStrictEqual({ state: { sum: 5, count: 1 }, watermark: 10n });
  expect(JSON.stringify(result)).toBe('{"state":{"sum":5,"count":1},"watermark":"10"}');
  setup.log.append('a', 5);
  const window = Freshness.bestEffort({ maxStaleMs: 5 });
  expect(await projector.projectWithWatermark(totals, 'a', window)).toEqual(result);
  expect(readings).toBe(atStart);
  await expect((async () => projector.projectWithWatermark(totals, 5 as unknown as string))()).rejects.toThrow(
    TypeError,
  );
});
