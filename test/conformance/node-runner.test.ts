// Why this test: the suite is published for whatever runner its users have. This runs it under node:test, where a
// mistake in how it registers its tests shows: tests that do not run, or that cannot fail.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { collectCases } from './case-collector.ts';
import { MapCache } from './map-cache.ts';

const script: URL = new URL('./node-runner.ts', import.meta.url);
const repository: string = fileURLToPath(new URL('../../', import.meta.url));

/** The TAP output of `node --test` for the script. */
function tapOutput(): Promise<string> {
  const args = ['--import', 'tsx', '--test', '--test-reporter', 'tap', fileURLToPath(script)];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: repository }, (_error, stdout) => resolve(stdout));
  });
}

describe('the suite under node:test', () => {
  test('passes a cache that keeps the contract, and fails one that does not, with a message', async () => {
    const output = await tapOutput();
    const cases = collectCases({ open: () => new MapCache() });
    const [good = '', broken = ''] = output.split('# Subtest: a cache that does not');
    expect(good.match(/^ +(?:not )?ok \d+ - /gm)).toHaveLength(cases.length);
    expect(good).not.toMatch(/^ *not ok /m);
    expect(broken).toMatch(/^ +not ok \d+ - deletePrefix on an empty cache removes nothing$/m);
    expect(broken).toContain('expected 0, got 1');
  });
});
