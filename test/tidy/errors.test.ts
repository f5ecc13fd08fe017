// Why this test: programs branch on the code of an error, and people look it up in an emergency. A code that is added
// without its remedy, or documented under a name that is never thrown, is found here.
import { describe, expect, test } from 'vitest';
import { sectionFaults, unionMembers } from './error-sections.ts';
import { repositoryText } from './repository-files.ts';

const path = 'src/base/store-error.ts';
const codes = unionMembers({ path, text: repositoryText(path) }, 'StoreErrorCode');

describe('docs/errors.md', () => {
  test('is checked against the codes of the source', () => {
    expect(codes).toContain('POISONED');
    expect(codes.length).toBeGreaterThanOrEqual(12);
  });

  test('has one section for each code, with when and remedy', () => {
    expect(sectionFaults(codes, repositoryText('docs/errors.md'))).toEqual([]);
  });
});

describe('unionMembers', () => {
  test('reads the literals of the named union', () => {
    const text = "/** 'NOT' */ export type Code = 'IO' | 'LOCKED'; type Other = 'A' | 'B'; type One = 'C';";
    expect(unionMembers({ path, text }, 'Code')).toEqual(['IO', 'LOCKED']);
    expect(unionMembers({ path, text }, 'One')).toEqual([]);
    expect(unionMembers({ path, text }, 'Absent')).toEqual([]);
  });
});

describe('sectionFaults', () => {
  const good = '# Errors\n\nText.\n\n## IO\n\n**When.** It fails.\n\n**Remedy.** Retry.\n';

  test('accepts a complete document', () => {
    expect(sectionFaults(['IO'], good)).toEqual([]);
    expect(sectionFaults(['IO'], `## How errors look\n\nText.\n${good}`)).toEqual([]);
  });

  test('finds what is missing, unknown or doubled', () => {
    expect(sectionFaults(['IO', 'LOCKED'], good)).toEqual(['LOCKED: has no section']);
    expect(sectionFaults([], good)).toEqual(['IO: is not a code']);
    expect(sectionFaults(['IO'], good + good)).toEqual(['IO: has two sections']);
    expect(sectionFaults(['IO'], '## IO\n\n**When.** It fails.\n')).toEqual(['IO: has no remedy']);
    expect(sectionFaults(['IO'], '## IO\n\n**Remedy.** Retry.\n')).toEqual(['IO: does not say when']);
  });
});
