// Why this test: an example that no longer compiles, or prints something else than it says, is worse than none. Each
// runs as a user would run it: in its own process, in an empty directory. Blocks marked `no-run` are only compiled.
// Blocks of `js` run unchanged, those of `ts` without their types, beside an installed package.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { InstalledPackage } from './installed-package.ts';
import { typeFaults } from './snippet-program.ts';
import { expectedOutput, runSnippet, type Snippet, snippets } from './snippets.ts';

const all = snippets('ts');
const wrongType = snippet("import { LogCache } from 'projection-cache';\nLogCache.open(1);\n");
const wrongName = snippet("import { LogStore } from 'projection-cache';\nnew LogStore();\n");
/** Checked together: most of the time is needed for the sources. */
const faults = typeFaults([...all, wrongType, wrongName]);
const plain = snippets('js');

const installed = new InstalledPackage();
afterAll(() => installed.remove());

function snippet(text: string): Snippet {
  return { place: 'a.md:1', language: 'ts', flags: [], text };
}

async function outputOf(snippet: Snippet): Promise<string> {
  const directory = mkdtempSync(join(installed.directory, 'snippet-'));
  try {
    return await runSnippet(snippet, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('the code in the documents', () => {
  test('is found', () => {
    const places = all.map(({ place }) => place.split(':')[0]);
    expect(places).toEqual(
      expect.arrayContaining(['docs/errors.md', 'docs/testing-your-cache.md', 'docs/tuning.md', 'src/index.ts']),
    );
  });

  test('compiles', () => {
    expect(faults.filter((fault) => !fault.startsWith(`${wrongType.place}: `))).toEqual([]);
  });

  const runnable = all.filter(({ flags }) => !flags.includes('no-run'));
  test.each(runnable)('of $place runs and prints the documented output', async (snippet) => {
    expect(await outputOf(snippet)).toBe(expectedOutput(snippet));
  });
});

describe('the package as JavaScript', () => {
  test('is the language of the first example of the README', () => {
    const places = plain.map(({ place }) => place.split(':')[0]);
    expect(places).toEqual(expect.arrayContaining(['README.md', 'docs/getting-started.md']));
    expect(plain[0]?.text).toMatch(/\bidentity: /);
  });

  test.each(plain)('of $place runs unchanged and prints the documented output', async (snippet) => {
    expect(await runSnippet(snippet, installed.directory)).toBe(expectedOutput(snippet));
  });

  test('runs nothing but JavaScript', async () => {
    const typed: Snippet = {
      place: 'a.md:1',
      language: 'js',
      flags: [],
      text: 'const a: number = 1;\nconsole.log(a);\n',
    };
    await expect(runSnippet(typed, installed.directory)).rejects.toThrow('SyntaxError');
  });

  test.each([
    ['projection-cache', 'LogCache'],
    ['projection-cache/testing', 'FaultStorage'],
    ['projection-cache/diagnostics', 'eventPublisher'],
    ['projection-cache/postgres', 'PostgresCache'],
  ])('require(%j) returns its exports', (name, exported) => {
    const script = `console.log(typeof require(${JSON.stringify(name)}).${exported})`;
    const options = { cwd: installed.directory, encoding: 'utf8' } as const;
    expect(execFileSync(process.execPath, ['--eval', script], options)).toBe('function\n');
  });
});

describe('the checks', () => {
  test('find a wrong type and a name that is not exported', () => {
    expect(faults.filter((fault) => fault.startsWith(`${wrongType.place}: `))).toEqual([
      expect.stringMatching(/^a\.md:1: Argument of type 'number'/),
      expect.stringMatching(/no exported member/),
    ]);
  });

  test('find an error', async () => {
    await expect(outputOf(snippet("throw new Error('no');\nexport {};\n"))).rejects.toThrow('no');
  });

  test('find a failed test, and print nothing for one that passes', async () => {
    const tests = "import { test } from 'node:test';\ntest('one', () => {\n  ";
    await expect(outputOf(snippet(`${tests}throw new Error('no');\n});\n`))).rejects.toThrow();
    expect(await outputOf(snippet(`${tests}});\n`))).toBe('');
  });

  test('take the comment after console.log as the expected output', () => {
    expect(expectedOutput(snippet("console.log('a', 1n); // a 1n\nf(); // not this\nconsole.log(2); // 2\n"))).toBe(
      'a 1n\n2\n',
    );
  });
});
