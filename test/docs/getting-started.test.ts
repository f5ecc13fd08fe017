// Why this test: the first page a stranger follows shows a program and what a terminal prints when it is run again, changed
// events included, and killed. Each command is run here, in order, in one folder where the package is installed.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { repositoryText } from '../tidy/repository-files.ts';
import { InstalledPackage } from './installed-package.ts';
import { codeBlocks } from './markdown.ts';

const PROMPT = '$ node orders.mjs';

interface Run {
  readonly line: string;
  readonly args: string[];
  readonly output: string[];
}

const blocks = codeBlocks('docs/getting-started.md', repositoryText('docs/getting-started.md'));
const program = blocks.find(({ language }) => language === 'js')?.text ?? '';
const terminal = blocks.filter(({ language }) => language === 'text').map(({ text }) => text);

/** The commands of a terminal, each with the lines below it. */
function runsOf(text: string): Run[] {
  return text.split(/^(?=\$ )/m).map((part) => {
    const [line = '', ...output] = part.trimEnd().split('\n');
    const args = line.slice(PROMPT.length).trim().split(' ').filter(Boolean);
    return { line, args, output };
  });
}

describe('the program of docs/getting-started.md', () => {
  const installed = new InstalledPackage();
  afterAll(() => installed.remove());

  const runs = runsOf(terminal.join('\n'));

  test('is run again, with a new event, and killed before and after a sync', () => {
    expect(runs.every(({ line }) => line.startsWith(PROMPT))).toBe(true);
    expect(new Set(runs.map(({ args }) => args[1]))).toEqual(new Set([undefined, 'before-sync', 'after-sync']));
    expect(runs.map(({ output }) => output.at(-1)?.split(' ').at(-2))).toEqual(
      expect.arrayContaining(['replay', 'hit', 'delta']),
    );
  });

  test('prints what the page shows, in a folder that was empty', () => {
    const cwd = installed.directory;
    writeFileSync(join(cwd, 'orders.mjs'), program);
    for (const { line, args, output } of runs) {
      const { stdout, stderr, signal } = spawnSync(process.execPath, ['orders.mjs', ...args], {
        cwd,
        encoding: 'utf8',
      });
      expect([line, `${stderr}${stdout}`.trimEnd().split('\n')]).toEqual([line, output]);
      expect([line, signal]).toEqual([line, args.length === 2 ? 'SIGKILL' : null]);
    }
  });
});
