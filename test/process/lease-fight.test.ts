import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFor, someMeta, temporaryDirectory, utf8 } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { keysOf, LeaseFight, liesIn } from './lease-fight.ts';

const script: URL = await builtScript(new URL('./lease-writer.ts', import.meta.url));

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
  test('in what was written to it and copied into it', () => {
    expect(liesIn({ copied: ['a-0:1', 'a-0:0'], written: ['b-0:0', 'b-0:1'] })).toEqual([]);
    expect(liesIn({ copied: [], written: ['a-0:0', 'b-0:0', 'a-0:1'] })).toEqual([
      'a-0:1 after the term b-0',
      'a-0:1 instead of number 0',
    ]);
    expect(liesIn({ copied: [], written: ['a-0:1'] })).toEqual(['a-0:1 instead of number 0']);
    expect(liesIn({ copied: ['a-0:0', 'a-0:2'], written: ['a-0:3'] })).toEqual([
      'a-0:3 instead of number 0',
      'the term a-0 in two logs',
      'a-0:1 is missing',
    ]);
  });

  test('as it is read from a log', () => {
    const directory = temporaryDirectory();
    const cache = openFor(directory);
    const log = (): string => readdirSync(directory).find((name) => name.endsWith('.log')) ?? '';
    for (const key of ['b:0', 'a:0', 'b:0']) cache.put(key, utf8('state'), someMeta);
    cache.sync();
    expect(keysOf(join(directory, log()))).toEqual({ copied: [], written: ['b:0', 'a:0', 'b:0'] });
    cache.compact();
    cache.put('c:0', utf8('state'), someMeta);
    cache.close();
    const { copied, written } = keysOf(join(directory, log()));
    expect([[...copied].sort(), written]).toEqual([['a:0', 'b:0'], ['c:0']]);
  });
});
