// Why this test: `npm run test:bundles` installs the bundlers, so it is not part of the ordinary tests. What it checks of a
// bundle must be able to fail.
import { describe, expect, test } from 'vitest';
import type { Application } from './applications.ts';
import { bundleFaults, packageModules } from './bundle-checks.ts';

const application: Application = {
  name: 'memory',
  target: 'browser',
  answer: '507',
  without: ['dist/projection/'],
  gzipBytesMax: 100,
};
const path = '../node_modules/projection-cache/dist/cache/log-cache.js';
const good = { code: 'let answer = 507', modules: [{ path, bytes: 12 }], answer: '507' };

describe('bundleFaults', () => {
  test('accepts what an application needs', () => {
    expect(bundleFaults(application, good)).toEqual([]);
  });

  test.each([
    [{ answer: '508' }, /^it prints '508', not '507'$/],
    [{ code: "getBuiltinModule('node:fs')" }, /^it names a module of Node$/],
    [{ modules: [{ path: path.replace('cache/log-cache', 'projection/fold'), bytes: 1 }] }, /^it carries dist\/proj/],
    [{ code: Array.from({ length: 200 }, (_, i) => i * 7919).join() }, /^it has \d+ bytes, of 100$/],
  ])('finds %j', (change, fault) => {
    expect(bundleFaults(application, { ...good, ...change })).toEqual([expect.stringMatching(fault)]);
  });

  test('names modules of Node only in a page', () => {
    const forNode: Application = { ...application, target: 'node' };
    expect(bundleFaults(forNode, { ...good, code: "import 'node:fs'" })).toEqual([]);
  });
});

test('modules of the application, and those of which nothing remains, are not counted', () => {
  const modules = [
    { path: 'applications/memory.mjs', bytes: 100 },
    { path, bytes: 12 },
    { path: path.replace('log-cache', 'key-range'), bytes: 0 },
  ];
  expect(packageModules(modules)).toEqual([{ path: 'dist/cache/log-cache.js', bytes: 12 }]);
});
