// Why this test: a person meets the type of an event in a log at night and looks it up. An event without its section, or a
// section for an event that no longer exists, is found here.
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { syntaxTree } from './module-imports.ts';
import { type RepositoryFile, repositoryText } from './repository-files.ts';

const path = 'src/store/store-event.ts';
const events = fieldsOfUnion({ path, text: repositoryText(path) }, 'StoreEvent');

/** The members of a union of object types: the literal of `type`, and the names of the other fields. */
function fieldsOfUnion(file: RepositoryFile, typeName: string): Map<string, string[]> {
  const declaration = syntaxTree(file).statements.find(
    (statement): statement is ts.TypeAliasDeclaration =>
      ts.isTypeAliasDeclaration(statement) && statement.name.text === typeName,
  );
  if (declaration === undefined || !ts.isUnionTypeNode(declaration.type)) return new Map();
  return new Map(
    declaration.type.types.filter(ts.isTypeLiteralNode).map(({ members }) => {
      const fields = members.filter(ts.isPropertySignature);
      const names = fields.map(({ name }) => (ts.isIdentifier(name) ? name.text : ''));
      const type = fields[names.indexOf('type')]?.type;
      const literal = type !== undefined && ts.isLiteralTypeNode(type) ? type.literal : undefined;
      const value = literal !== undefined && ts.isStringLiteral(literal) ? literal.text : '';
      return [value, names.filter((name) => name !== 'type')];
    }),
  );
}

/** The errors in a document that must have one section for each event, with when, its fields and what to do. */
function sectionFaults(types: ReadonlyMap<string, readonly string[]>, document: string): string[] {
  const sections = document.split(/^(?=## )/m).slice(1);
  const titles = sections.map((section) => section.slice('## '.length, section.indexOf('\n')));
  const missing = [...types.keys()].filter((type) => !titles.includes(type)).map((type) => `${type}: has no section`);
  const doubled = titles.filter((title, index) => titles.indexOf(title) !== index);
  return [
    ...missing,
    ...doubled.map((title) => `${title}: has two sections`),
    ...sections.flatMap((section, index) => {
      const title = titles[index] ?? '';
      // A heading in capitals is not an event.
      if (!/^[a-z]/.test(title)) return [];
      const fields = types.get(title);
      if (fields === undefined) return [`${title}: is not an event`];
      const paragraph = /^\*\*Fields\.\*\* (.*?)\n\n/ms.exec(section)?.[1] ?? '';
      return [
        ...['When', 'Fields', 'What to do']
          .filter((part) => !new RegExp(`^\\*\\*${part}\\.\\*\\* \\S`, 'm').test(section))
          .map((part) => `${title}: has no "${part}"`),
        ...fields.filter((field) => !paragraph.includes(`\`${field}\``)).map((field) => `${title}: lacks ${field}`),
      ];
    }),
  ];
}

describe('docs/events.md', () => {
  test('is checked against the events of the source', () => {
    expect(events.get('compaction-abandoned')).toEqual(['generation', 'error']);
    expect(events.size).toBeGreaterThanOrEqual(15);
  });

  test('has one section for each event, with when, all its fields, and what to do', () => {
    expect(sectionFaults(events, repositoryText('docs/events.md'))).toEqual([]);
  });
});

describe('sectionFaults', () => {
  const good =
    '# Events\n\n## opened\n\n**When.** Now.\n\n**Fields.** `entries`, a number.\n\n**What to do.** Nothing.\n';
  const opened = new Map([['opened', ['entries']]]);

  test('accepts a complete document, and headings in capitals', () => {
    expect(sectionFaults(opened, good)).toEqual([]);
    expect(sectionFaults(opened, `${good}\n## Metrics\n\nText.\n`)).toEqual([]);
  });

  test('finds what is missing, unknown or doubled', () => {
    expect(sectionFaults(new Map([...opened, ['closed', []]]), good)).toEqual(['closed: has no section']);
    expect(sectionFaults(new Map(), good)).toEqual(['opened: is not an event']);
    expect(sectionFaults(opened, good + good)).toEqual(['opened: has two sections']);
    expect(sectionFaults(new Map([['opened', ['report']]]), good)).toEqual(['opened: lacks report']);
    expect(sectionFaults(opened, good.replace('**When.**', 'When.'))).toEqual(['opened: has no "When"']);
  });
});
