/*
 * Why this test: an engine can be followed as long as a call passes few modules. Each small module that is added for
 * good reasons makes every path a little longer, which goes unnoticed. These numbers show it.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script: string = fileURLToPath(new URL('./traced-calls.ts', import.meta.url));

/** The most modules that each call may enter. Lower a number when its path becomes shorter; do not raise it. */
const MODULES_MAX: Readonly<Record<string, number>> = {
  /** `put` of a new key, from `LogCache` to the page. */
  put: 20,
  /** `get` of an entry whose page is in memory. */
  get: 12,
  /** `LogCache.open` after a crash that left an image of the index and a tail no sync covered. */
  open: 13,
  /** `project` of a stream with a cached state and a new event, without the modules of the cache and the event log. */
  project: 12,
};

/** Opening decides in these layers. Below them it fills the log and the index as `put` does, which is counted there. */
const OPENING_LAYERS = /^(?:cache|store|image)\//;

const traced: Record<string, string[]> = JSON.parse(
  execFileSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8' }),
);

test.each(Object.entries(MODULES_MAX))('%s enters at most %i modules', (call, most) => {
  const all = traced[call] ?? [];
  const path = call === 'open' ? all.filter((file) => OPENING_LAYERS.test(file)) : all;
  expect(path.length, `${call} enters ${path.length} modules:\n${path.join('\n')}`).toBeLessThanOrEqual(most);
  // Otherwise the trace has seen nothing.
  expect(path.length).toBeGreaterThan(most / 2);
});

test('a cached state that is current is returned on the path of one that is not', () => {
  expect(traced['project']).toEqual(expect.arrayContaining(traced['projectHit'] ?? ['none was traced']));
});
