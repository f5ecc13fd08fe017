import ts from 'typescript';
import { tableRows } from './markdown.ts';

/** One row of a trace: a file, and the declarations to read in it. */
interface TraceStop {
  readonly path: string;
  readonly names: readonly string[];
}

/** One call that docs/reading-the-source.md follows. */
export interface Trace {
  readonly name: string;
  readonly text: string;
  readonly stops: readonly TraceStop[];
}

/** The traces of the document, in order. */
export function tracesOf(markdown: string): Trace[] {
  const sections = markdown.split(/^(?=## )/m).filter((section) => section.startsWith('## Trace '));
  return sections.map((text) => {
    const rows = tableRows(text).filter(([path]) => path?.startsWith('src/'));
    const stops = rows.map(([path = '', names = '']) => ({ path, names: names.split(', ') }));
    return { name: /^## Trace \d: (.+)$/m.exec(text)?.[1] ?? '', text, stops };
  });
}

/** The minutes of each trace, by its name, from the table on top. */
export function minutesOf(markdown: string): Map<string, number> {
  const rows = tableRows(markdown).flatMap(([link = '', minutes]) => {
    const name = /^\[(.+)\]\(#trace-/.exec(link)?.[1];
    return name === undefined ? [] : [[name, Number(minutes)] as const];
  });
  return new Map(rows);
}

/** The last names of the calls in the tree of a trace: `append` for `LogFile.append  where the record is encoded`. */
export function calledNames(text: string): string[] {
  const tree = /^```text\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '';
  return tree.split('\n').flatMap((line) => /^ *(?:\w+\.)?(#?\w+)(?: {2,}|$)/.exec(line)?.[1] ?? []);
}

/**
 * The lines of each declaration of a source, by its name: those of a function or method with the comment above it, those of
 * the comment alone for a class or interface. The first declaration of a name counts.
 */
export function declaredLines(source: string): Map<string, number> {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const found = new Map<string, number>();
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    const name = nameOf(node);
    if (name !== undefined && !found.has(name)) {
      const isCommentOnly = ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node);
      const start = lineOf(node.getStart(file, true));
      found.set(name, (isCommentOnly ? lineOf(node.getStart(file)) : lineOf(node.end)) - start + 1);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function nameOf(node: ts.Node): string | undefined {
  const isNamed =
    ts.isMethodDeclaration(node) ||
    ts.isGetAccessor(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node);
  return isNamed ? node.name?.getText() : undefined;
}
