import { formatTable } from '../../bench/table.ts';

/** The part of a report in the mutation testing report schema that is read. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** Both from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** The mutants that count: not the ignored ones, as they run before any test, or those that did not compile. */
const KILLED: readonly string[] = ['Killed', 'Timeout'];
const SURVIVED: readonly string[] = ['Survived', 'NoCoverage'];

/** A table of the files, and below it each survivor with its place, the original code and its replacement. */
export function reportText({ files }: MutationReport): string {
  const all = Object.values(files).flatMap(({ mutants }) => mutants);
  const rows = Object.entries(files).map(([file, { mutants }]) => rowOf(file, mutants));
  const table = formatTable(
    ['file', 'mutants', 'killed', 'timeout', 'survived', 'not reached', 'score'],
    Object.keys(files).length > 1 ? [...rows, rowOf('all', all)] : rows,
  );
  return [
    table,
    ...Object.entries(files).flatMap(([file, { source, mutants }]) => survivorsOf(file, source, mutants)),
  ].join('\n');
}

function rowOf(file: string, mutants: readonly Mutant[]): string[] {
  const count = (...statuses: readonly string[]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const counted = count(...KILLED, ...SURVIVED);
  const score = counted === 0 ? '-' : `${((100 * count(...KILLED)) / counted).toFixed(1)} %`;
  const counts = [counted, count('Killed'), count('Timeout'), count('Survived'), count('NoCoverage')];
  return [file, ...counts.map(String), score];
}

function survivorsOf(file: string, source: string, mutants: readonly Mutant[]): string[] {
  const survivors = mutants.filter(({ status }) => SURVIVED.includes(status));
  const byPlace = survivors.toSorted((a, b) => a.location.start.line - b.location.start.line);
  return byPlace.map(({ status, replacement = '', location: { start, end } }) => {
    const verdict = status === 'NoCoverage' ? 'not reached' : 'survived';
    const original = textBetween(source, start, end);
    return `\n${file}:${start.line}:${start.column} ${verdict}\n  - ${oneLine(original)}\n  + ${oneLine(replacement)}`;
  });
}

function textBetween(source: string, start: Position, end: Position): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines
    .map((line, i) => line.slice(i === 0 ? start.column - 1 : 0, i === last ? end.column - 1 : undefined))
    .join('\n');
}

function oneLine(code: string): string {
  return code.replace(/\s+/g, ' ').trim();
}
