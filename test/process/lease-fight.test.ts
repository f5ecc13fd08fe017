import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFor, someMeta, temporaryDirectory, utf8 } from '../cache/cache-fixtures.ts';
import { keysOf, LeaseFight, liesIn } from './lease-fight.ts';

const script: URL = new URL('./lease-writer.ts', import.meta.url);

test('a holder that is stopped or killed loses its lease, and two writers never alternate in one log', async () => {
  const result = await new LeaseFight(script, temporaryDirectory(), 400).run(3);
  expect(result.lies).toEqual([]);
  expect(result.takeovers).toBe(3);
  expect(result.killed + result.stopped).toBeGreaterThanOrEqual(3);
  expect(result.records).toBeGreaterThan(0);
  // Nothing but the loss of the lock stops a writer.
  for (const code of Object.keys(result.lost)) expect(['POISONED', 'IO']).toContain(code);
});

// Otherwise the test above could not fail.
describe('two writers in one log are detected', () => {
  test('in the order of its records', () => {
    expect(liesIn(['a-0:0', 'a-0:1', 'b-0:0', 'a-1:0'])).toEqual([]);
    expect(liesIn(['a-0:0', 'b-0:0', 'a-0:1'])).toEqual(['a-0:1 after the term b-0', 'a-0:1 instead of number 0']);
    expect(liesIn(['a-0:0', 'a-0:2'])).toEqual(['a-0:2 instead of number 1']);
  });

  test('as it is read from a log', () => {
    const directory = temporaryDirectory();
    const cache = openFor(directory);
    for (const key of ['b:0', 'a:0', 'b:1']) cache.put(key, utf8('state'), someMeta);
    cache.close();
    const [log = ''] = readdirSync(directory).filter((name) => name.endsWith('.log'));
    expect(keysOf(join(directory, log))).toEqual(['b:0', 'a:0', 'b:1']);
  });
});
