import ts from 'typescript';
import { syntaxTree } from './module-imports.ts';
import type { RepositoryFile } from './repository-files.ts';

/** The members of the union of string literals that a source declares under `typeName`. */
export function unionMembers(file: RepositoryFile, typeName: string): string[] {
  const declaration = syntaxTree(file).statements.find(
    (statement): statement is ts.TypeAliasDeclaration =>
      ts.isTypeAliasDeclaration(statement) && statement.name.text === typeName,
  );
  if (declaration === undefined || !ts.isUnionTypeNode(declaration.type)) return [];
  return declaration.type.types.flatMap((member) =>
    ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal) ? [member.literal.text] : [],
  );
}

// Plain, not code: a heading that is only code has no name to link to on the site.
const heading = /^## ([A-Z_]+)$/;

/** The errors in a document that must have one section for each code, with when and remedy. */
export function sectionFaults(codes: readonly string[], document: string): string[] {
  const sections = sectionsOf(document);
  const titles = sections.map(({ code }) => code);
  return [
    ...codes.filter((code) => !titles.includes(code)).map((code) => `${code}: has no section`),
    ...titles.filter((code) => !codes.includes(code)).map((code) => `${code}: is not a code`),
    ...titles.filter((code, index) => titles.indexOf(code) !== index).map((code) => `${code}: has two sections`),
    ...sections.filter(({ body }) => !/^\*\*When\.\*\* \S/m.test(body)).map(({ code }) => `${code}: does not say when`),
    ...sections.filter(({ body }) => !/^\*\*Remedy\.\*\* \S/m.test(body)).map(({ code }) => `${code}: has no remedy`),
  ];
}

interface Section {
  readonly code: string;
  readonly body: string;
}

// Headings without a code in capitals, such as an introduction, are allowed.
function sectionsOf(document: string): Section[] {
  return document.split(/^(?=## )/m).flatMap((part) => {
    const [title = '', ...lines] = part.split('\n');
    const code = heading.exec(title)?.[1];
    return code === undefined ? [] : [{ code, body: lines.join('\n') }];
  });
}
