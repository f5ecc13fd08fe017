import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
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
 * Runs a `ts` snippet in its own process, in `directory`, and returns its output. The package is its source. What
 * `node:test` reports goes to a file; a failed test of the snippet makes its process fail.
 */
export async function runSnippet({ text }: Snippet, directory: string): Promise<string> {
  const source = new URL('../../src/index.ts', import.meta.url).href;
  const testing = new URL('../../src/testing/index.ts', import.meta.url).href;
  const file = join(directory, 'snippet.mts');
  const resolved = text
    .replaceAll("from 'projection-cache'", `from '${source}'`)
    .replaceAll("from 'projection-cache/testing'", `from '${testing}'`);
  writeFileSync(file, resolved);
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const report = ['--test-reporter', 'tap', '--test-reporter-destination', join(directory, 'report.tap')];
  const options = { cwd: directory, timeout: RUN_MS_MAX };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, ...report, file], options);
  return stdout;
}

/** Runs a `js` snippet unchanged, in a directory where the package is installed, and returns its output. */
export async function runPlainSnippet({ text }: Snippet, directory: string): Promise<string> {
  const file = join(directory, 'snippet.mjs');
  writeFileSync(file, text);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: directory, timeout: RUN_MS_MAX });
  return stdout;
}

/** The text of block comments, each line on its own line; code lines are empty. */
function docstringLines(source: string): string {
  return source
    .split('\n')
    .map((line) => /^\s*\* ?(.*)$/.exec(line)?.[1] ?? '')
    .join('\n');
}
