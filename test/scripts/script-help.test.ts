// Why this test: `--help` that starts a benchmark of a minute, installs packages or prints a stack helps no user.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { repositoryText } from '../tidy/repository-files.ts';
import { builtScript, runBuilt } from './built-script.ts';

const repository: string = fileURLToPath(new URL('../../', import.meta.url));
const { scripts } = JSON.parse(repositoryText('package.json')) as { scripts: Record<string, string> };
const ours = Object.entries(scripts).flatMap(([name, command]) => {
  const [program, file = '', ...rest] = command.split(' ');
  return program === 'tsx' && rest.length === 0 ? [{ name, file }] : [];
});
/** What a script may install. */
const installed = [
  'bench/peers',
  'test/bundles/installed',
  'test/chromium',
  'test/mutants',
  'test/runtimes/installed',
].map((folder) => join(repository, folder, 'node_modules'));

test('the scripts that are programs of this repository are found', () => {
  expect(ours.map(({ name }) => name)).toEqual(expect.arrayContaining(['demo', 'bench:peers', 'test:mutation']));
  expect(ours.length).toBe(Object.values(scripts).filter((command) => command.includes('tsx ')).length);
});

describe('--help', () => {
  test.each(ours)('of npm run $name says how to use it in 80 columns, and does nothing', async ({ name, file }) => {
    const before = installed.map((path) => existsSync(path));
    const { status, out, err } = runBuilt(await builtScript(new URL(`../../${file}`, import.meta.url)), ['--help'], {
      // An npm that cannot install: a script that tries to, fails.
      env: { ...process.env, npm_execpath: join(repository, 'no-npm-here') },
    });
    expect([status, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(new RegExp(`^Usage: npm run ${name}(?: |$)`));
    expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
    expect(installed.map((path) => existsSync(path))).toEqual(before);
  });
});
