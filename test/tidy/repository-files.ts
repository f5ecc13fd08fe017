import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of the repository: its path from the root, with `/`, and its text. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

const rootDirectory: string = fileURLToPath(new URL('../../', import.meta.url));

// Built, installed or measured files are not written by hand, and are not committed.
const generatedPaths: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  'coverage',
  'docs/api',
  '.git',
  '.mutants',
  '.built',
  'bench/peers/dist',
  'test/bundles/installed/packed',
]);

/** The hand-written files below `directory` whose names end in one of `endings`, in the order of their paths. */
export function repositoryFiles(directory: string, endings: readonly string[]): RepositoryFile[] {
  const paths = pathsBelow(directory).filter((path) => endings.some((ending) => path.endsWith(ending)));
  return paths.sort().map((path) => ({ path, text: repositoryText(path) }));
}

/** The text of one file. */
export function repositoryText(path: string): string {
  return readFileSync(rootDirectory + path, 'utf8');
}

function pathsBelow(directory: string): string[] {
  const entries = readdirSync(rootDirectory + directory, { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (generatedPaths.has(path) || entry.name === 'node_modules') return [];
    if (entry.isDirectory()) return pathsBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
