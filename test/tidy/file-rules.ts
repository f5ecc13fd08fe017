import type { RepositoryFile } from './repository-files.ts';

const linesMax = 300;
const kebabCaseFile = /^[a-z0-9]+(-[a-z0-9]+)*\.ts$/;
const kebabCaseFolder = /^[a-z0-9]+(-[a-z0-9]+)*$/;

// Written with a class in each word, so that this file does not find itself.
const unfinishedWords = /\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/;
const machinePaths = /(?<![\w.~*$}])\/(?:work|home|root|Users|tmp|mnt)\/\w|\b[A-Z]:\\\w/;

/** The files that are longer than one concept needs. */
export function lengthFaults(files: readonly RepositoryFile[]): string[] {
  const measured = files.map(({ path, text }) => ({ path, lines: lineCount(text) }));
  const long = measured.filter(({ lines }) => lines > linesMax);
  return long.map(({ path, lines }) => `${path}: ${lines} lines, of ${linesMax}; it has become two concepts`);
}

/** The files whose name, or a folder of whose path, is not in kebab-case. */
export function nameFaults(files: readonly RepositoryFile[]): string[] {
  const wrong = files.filter(({ path }) => {
    const folders = path.split('/');
    const name = folders.pop() ?? '';
    return !kebabCaseFile.test(name) || folders.some((folder) => !kebabCaseFolder.test(folder));
  });
  return wrong.map(({ path }) => `${path}: names are in kebab-case`);
}

/** The lines that name a place on one machine, or leave work for later. */
export function wordFaults(files: readonly RepositoryFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const found = unfinishedWords.exec(line) ?? machinePaths.exec(line);
      return found === null ? [] : [`${path}:${index + 1}: ${found[0]}`];
    }),
  );
}

function lineCount(text: string): number {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.length - 1 : lines.length;
}
