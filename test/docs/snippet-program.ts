import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Snippet } from './snippets.ts';

const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** The compiler's errors in snippets, as `place: message`. Snippets import the package by its name. */
export function typeFaults(snippets: readonly Snippet[]): string[] {
  const options = snippetOptions();
  const sources = new Map(snippets.map((snippet, index) => [`${root}snippet-${index}.mts`, snippet]));
  const program = ts.createProgram([...sources.keys()], options, hostWith(sources, options));
  return [...sources].flatMap(([name, snippet]) => {
    const file = program.getSourceFile(name);
    const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return diagnostics.map(({ messageText }) => {
      return `${snippet.place}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
}

/** As strict as the project itself, but an example may declare names that it does not use. */
function snippetOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent({ ...(config as object), files: [] }, ts.sys, root);
  const paths = {
    'projection-cache': [`${root}src/index.ts`],
    'projection-cache/testing': [`${root}src/testing/index.ts`],
    'projection-cache/diagnostics': [`${root}src/diagnostics/index.ts`],
    'projection-cache/browser': [`${root}src/browser/index.ts`],
  };
  const relaxed = { noUnusedLocals: false, noUnusedParameters: false, isolatedDeclarations: false, declaration: false };
  return { ...options, ...relaxed, paths };
}

function hostWith(sources: ReadonlyMap<string, Snippet>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (name) => sources.get(name)?.text ?? readFile(name);
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, languageVersion) => {
    const snippet = sources.get(name);
    return snippet === undefined
      ? getSourceFile(name, languageVersion)
      : ts.createSourceFile(name, snippet.text, languageVersion);
  };
  return host;
}
