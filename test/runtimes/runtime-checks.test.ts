// Why this test: `npm run test:runtimes` installs 930 MB, so it is not part of the ordinary tests. Here its checks run on the
// Node of this process, and each must notice a package that is broken in the way it is about.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { InstalledPackage } from '../docs/installed-package.ts';
import { type CheckResult, runCheck, runtimeChecks } from './runtime-checks.ts';
import { ProgramStarter, type Runtime } from './runtime-program.ts';

const thisNode: Runtime = { name: 'this Node', command: [process.execPath] };
const installed = new InstalledPackage();
afterAll(() => installed.remove());

/** Runs a check on a package, by the name of the check. */
async function resultOf(name: string, { directory }: InstalledPackage): Promise<CheckResult> {
  const check = runtimeChecks.find((one) => one.name === name);
  if (check === undefined) throw new Error(`there is no check ${name}`);
  const script = join(directory, 'program.mjs');
  copyFileSync(resolve('test/runtimes/program.mjs'), script);
  const programs = new ProgramStarter(script);
  onTestFinished(() => programs.end());
  return await runCheck(check, thisNode, thisNode, programs);
}

test.each(runtimeChecks)('$name passes', async ({ name }) => {
  const { cell, failure } = await resultOf(name, installed);
  expect(failure).toBeUndefined();
  expect(cell).toMatch(/ok$/);
});

interface Breakage {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly failure: RegExp;
}

const breakages: readonly Breakage[] = [
  {
    name: 'suite, files',
    file: 'cache/log-cache.js',
    from: 'return this.#writer.deletePrefix(',
    to: 'return 1 + this.#writer.deletePrefix(',
    failure: /deletePrefix .*: expected 1, got 2/,
  },
  {
    name: 'suite, memory',
    file: 'contract/meta-codec.js',
    from: 'const watermark = ',
    to: 'const watermark = 1n + ',
    failure: /\S: .*expected/,
  },
  {
    name: 'kill',
    file: 'store/recovery/open-store.js',
    from: '{ ...opened.report, clean: false }',
    to: '{ ...opened.report, clean: true }',
    failure: /^'events' was answered by '\["lock-taken-over","opened"\]'/,
  },
  {
    name: 'syncAsync',
    file: 'storage/node-file.js',
    from: 'async syncAsync() {',
    to: "async syncAsync() { throw new TypeError('fs.fsync is not a function');",
    failure: /^'sync-async' was answered by 'POISONED .*fs\.fsync is not a function/,
  },
  {
    name: 'lock',
    file: 'storage/owner-verdict.js',
    from: 'const state = look(owner.pid);',
    to: "const state = 'absent';",
    failure: /^'open' was answered by 'done'/,
  },
  {
    name: 'image',
    file: 'store/image-scheduler.js',
    from: 'this.#images.write(active)',
    to: 'undefined',
    failure: /^imageUsed is false/,
  },
  {
    name: 'refresh',
    file: 'store/reader-refresh.js',
    from: 'if (found.kind === "unchanged")',
    to: 'if (true)',
    failure: /^'refresh' was answered by 'false'/,
  },
  {
    name: 'freeze',
    file: 'storage/taken-lock.js',
    from: 'isHeld() {',
    to: 'isHeld() { return true;',
    failure: /^'sync' was answered by 'done'/,
  },
  {
    name: 'projector',
    file: 'cache/log-cache.js',
    from: 'get(key) {',
    to: 'get(key) { return undefined;',
    failure: /^'project' was answered by '6 replay, 6 replay, 10 replay'/,
  },
  {
    name: 'require',
    file: 'index.js',
    from: 'export { prefixSuccessor }',
    to: 'await 0; export { prefixSuccessor }',
    failure: /^'require' was answered by 'ERR_REQUIRE_ASYNC_MODULE/,
  },
  {
    name: 'exchange',
    file: 'storage/owner-verdict.js',
    from: 'const state = look(owner.pid);',
    to: "return 'unknown';",
    failure: /^'open' was answered by 'LOCKED/,
  },
];

describe('a check', () => {
  test('of each kind is tried on a broken package, except that of timers, whose failure is a wait', () => {
    const untried = runtimeChecks.map(({ name }) => name).filter((name) => !breakages.some((one) => one.name === name));
    expect(untried).toEqual(['timers']);
  });

  test.each(breakages)('notices a package that is broken: $name', async ({ name, file, from, to, failure }) => {
    const broken = new InstalledPackage();
    onTestFinished(() => broken.remove());
    const path = join(broken.directory, 'node_modules', 'projection-cache', 'dist', file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
    expect((await resultOf(name, broken)).failure).toMatch(failure);
  });
});
