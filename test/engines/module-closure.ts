import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const repository: string = fileURLToPath(new URL('../../', import.meta.url));

/** The texts of modules and of everything they import, by their paths below the repository. */
export function moduleClosure(entries: readonly string[]): Map<string, string> {
  const texts = new Map<string, string>();
  const visit = (path: string): void => {
    if (texts.has(path)) return;
    const text = readFileSync(repository + path, 'utf8');
    texts.set(path, text);
    const imported = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
    for (const name of imported.filter((file) => file.startsWith('.'))) visit(posix.join(posix.dirname(path), name));
  };
  for (const entry of entries) visit(entry);
  return texts;
}
