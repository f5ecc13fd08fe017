import ts from 'typescript';
import type { RepositoryFile } from './repository-files.ts';

/** One import, re-export or dynamic import of a module. */
export interface ModuleImport {
  /** The specifier as written. */
  readonly specifier: string;
  /** `import type` or `export type`: gone from the built file. */
  readonly isTypeOnly: boolean;
}

/**
 * Every module that a source names, found in its syntax tree, not by pattern: text in a comment or in a string is not
 * an import, and no form of an import is missed. `process.getBuiltinModule` and `require` count as imports.
 */
export function moduleImports(file: RepositoryFile): ModuleImport[] {
  const found: ModuleImport[] = [];
  const visit = (node: ts.Node): void => {
    const imported = importOf(node);
    if (imported !== undefined) found.push(imported);
    ts.forEachChild(node, visit);
  };
  visit(syntaxTree(file));
  return found;
}

/** The syntax tree of a source. */
export function syntaxTree(file: RepositoryFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest);
}

function importOf(node: ts.Node): ModuleImport | undefined {
  if (ts.isImportDeclaration(node)) {
    const isTypeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return fromLiteral(node.moduleSpecifier, isTypeOnly);
  }
  if (ts.isExportDeclaration(node)) return fromLiteral(node.moduleSpecifier, node.isTypeOnly);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return fromLiteral(node.argument.literal, true);
  if (ts.isCallExpression(node) && loadsModule(node.expression)) return fromLiteral(node.arguments[0], false);
  return undefined;
}

function loadsModule(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(callee)) return callee.text === 'require';
  return ts.isPropertyAccessExpression(callee) && callee.name.text === 'getBuiltinModule';
}

// A dynamic import of an expression cannot be followed; it is named so that no rule accepts it.
function fromLiteral(node: ts.Node | undefined, isTypeOnly: boolean): ModuleImport | undefined {
  if (node === undefined) return undefined;
  return { specifier: ts.isStringLiteralLike(node) ? node.text : '(computed)', isTypeOnly };
}
