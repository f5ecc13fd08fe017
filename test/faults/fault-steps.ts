import type { Step } from '../crash/workload.ts';

const put = (key: string, length = 24): Step => ({ kind: 'put', key, length });
const batch = (...keys: readonly string[]): Step => ({
  kind: 'batch',
  puts: keys.map((key) => ({ key, length: 24 })),
});
const turn: Step = { kind: 'turn' };

/**
 * The steps of a store that make every kind of storage call: a write buffer that overflows within a call, both kinds of
 * syncs, both kinds of compactions with writes in between, an image, a clean end, a kill.
 */
export const FAULT_STEPS: readonly Step[] = [
  put('a'),
  put('b'),
  { kind: 'sync' },
  put('a'),
  batch('ab', 'abc', 'b'),
  { kind: 'delete', key: 'abc' },
  turn,
  put('k\xff', 900),
  put('k\xff', 900),
  put('b', 900),
  { kind: 'sync-async' },
  put('ab'),
  turn,
  { kind: 'compact-async' },
  put('a'),
  turn,
  { kind: 'delete-prefix', prefix: 'ab' },
  turn,
  put('abc'),
  { kind: 'reader' },
  turn,
  turn,
  { kind: 'read' },
  put('ab'),
  { kind: 'reopen' },
  { kind: 'read' },
  put('a'),
  turn,
  { kind: 'kill' },
  { kind: 'read' },
  put('b', 60),
  { kind: 'delete', key: 'a' },
  { kind: 'compact' },
  put('a'),
  { kind: 'sync' },
];
