import fc from 'fast-check';

/** A step of a fleet of two machines. */
export type FleetStep = { readonly machine: number } & (
  | { readonly what: 'read'; readonly key: string; readonly wanted: number }
  | { readonly what: 'put'; readonly key: string; readonly watermark: number; readonly rejects: boolean }
  | { readonly what: 'delete'; readonly prefix: string }
  | { readonly what: 'release'; readonly calls: readonly number[]; readonly outcome: 'answer' | 'lost' }
  | { readonly what: 'wait'; readonly ms: number }
  | { readonly what: 'outage'; readonly isDown: boolean }
  | { readonly what: 'notifications'; readonly areLost: boolean }
  | { readonly what: 'local-fault'; readonly when: 'before' | 'after'; readonly times: number }
  | { readonly what: 'restart'; readonly lost: number }
  | { readonly what: 'check' | 'sync' }
);

const machine = fc.nat(1);
// Few keys, of which one is the beginning of another one.
const key = fc.constantFrom('a', 'ab', 'b');
/** Which of the waiting calls continue, one after the other. */
const calls = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 });

function step<What extends FleetStep['what'], Fields>(
  what: What,
  fields: { [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> },
): fc.Arbitrary<{ what: What; machine: number } & Fields> {
  return fc.record({ what: fc.constant(what), machine, ...fields }) as never;
}

const steps: fc.Arbitrary<FleetStep> = fc.oneof(
  { weight: 8, arbitrary: step('read', { key, wanted: fc.constantFrom(0, 0, 3, 9) }) },
  { weight: 5, arbitrary: step('put', { key, watermark: fc.integer({ min: 1, max: 8 }), rejects: fc.boolean() }) },
  { weight: 2, arbitrary: step('delete', { prefix: fc.constantFrom('a', 'ab', '') }) },
  { weight: 14, arbitrary: step('release', { calls, outcome: fc.constant('answer' as const) }) },
  { weight: 1, arbitrary: step('release', { calls, outcome: fc.constant('lost' as const) }) },
  { weight: 3, arbitrary: step('wait', { ms: fc.constantFrom(1, 250, 600, 1_001) }) },
  { weight: 1, arbitrary: step('outage', { isDown: fc.boolean() }) },
  { weight: 1, arbitrary: step('notifications', { areLost: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: step('local-fault', { when: fc.constantFrom('before', 'after'), times: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: step('restart', { lost: fc.nat(6) }) },
  { weight: 2, arbitrary: step('check', {}) },
  { weight: 1, arbitrary: step('sync', {}) },
);

/** The steps of one run. */
export const fleetSteps: fc.Arbitrary<FleetStep[]> = fc.array(steps, { maxLength: 80, size: 'max' });
