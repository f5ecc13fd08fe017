import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transpiled } from '../engines/engine-source.ts';
import { repositoryFiles } from '../tidy/repository-files.ts';
import { type CodeBlock, codeBlocks } from './markdown.ts';

/** A block of TypeScript or JavaScript in a document or a docstring. */
export type Snippet = CodeBlock;

/** A snippet may take this long on a loaded machine. */
const RUN_MS_MAX = 60_000;

/** Every block of a language in the documents and in the docstrings of `src`. */
export function snippets(wanted: 'ts' | 'js'): Snippet[] {
  const documents = repositoryFiles('', ['.md']).flatMap(({ path, text }) => codeBlocks(path, text));
  const docstrings = repositoryFiles('src', ['.ts']).flatMap(({ path, text }) =>
    codeBlocks(path, docstringLines(text)),
  );
  return [...documents, ...docstrings].filter(({ language }) => language === wanted);
}

/** The expected output of a snippet: the comment after each `console.log` in a line. */
export function expectedOutput({ text }: Snippet): string {
  return [...text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output]) => `${output}\n`).join('');
}

/**
 * Runs a snippet in its own process, in a directory where the package is installed, and returns its output. Types are removed
 * from `ts`; `js` runs unchanged. What `node:test` reports goes to a file; a failed test of the snippet makes its process fail.
 */
export async function runSnippet({ text, language }: Snippet, directory: string): Promise<string> {
  const file = join(directory, 'snippet.mjs');
  writeFileSync(file, language === 'ts' ? transpiled(text) : text);
  const report = ['--test-reporter', 'tap', '--test-reporter-destination', join(directory, 'report.tap')];
  const options = { cwd: directory, timeout: RUN_MS_MAX };
  const { stdout } = await promisify(execFile)(process.execPath, [...report, file], options);
  return stdout;
}

/** The text of block comments, each line on its own line; code lines are empty. */
function docstringLines(source: string): string {
  return source
    .split('\n')
    .map((line) => /^\s*\* ?(.*)$/.exec(line)?.[1] ?? '')
    .join('\n');
}
