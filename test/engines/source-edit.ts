import type ts from 'typescript';
import { CodePattern, type PatternMatch, parse } from './code-pattern.ts';

/** Sources of the engine, by their paths below `src`. */
export type Sources = ReadonlyMap<string, string>;

/** A change of the engine's sources. It names no file, so that code can move. */
export type SourceEdit = CodeEdit | ConstantEdit;

/** Replaces the one place that matches a pattern, see `CodePattern`. */
export interface CodeEdit {
  readonly find: string;
  /** The function, method or class that contains the place: for a pattern that matches elsewhere too. */
  readonly within?: string;
  /** May use the wildcards of `find`. Empty to remove statements. */
  readonly replace: string;
}

/** Sets a constant to another value, in every source that declares one of this name. */
export interface ConstantEdit {
  readonly constant: string;
  /** A class in the same source, for a name that means something else in another source. */
  readonly beside?: string;
  readonly value: string;
}

/** Applies the edits to `sources`, in order. Throws if one does not match, with what to adjust. */
export function edited(sources: Sources, edits: readonly SourceEdit[]): Sources {
  const result = new Map(sources);
  for (const edit of edits) {
    if ('constant' in edit) setConstant(result, edit);
    else replaceCode(result, edit);
  }
  return result;
}

function setConstant(sources: Map<string, string>, { constant, beside = '', value }: ConstantEdit): void {
  const declaration = new RegExp(`(?<=\\bconst ${constant}\\b[^=;]*= )[^;]+(?=;)`);
  const owner = new RegExp(beside && `\\bclass ${beside}\\b`);
  const files = [...sources].filter(([, text]) => declaration.test(text) && owner.test(text));
  if (files.length === 0) {
    const declared = [...sources.values()].flatMap((text) => text.match(/(?<=\bconst )[A-Z][A-Z_\d]+\b/g) ?? []);
    const where = beside && ` beside a class ${beside}`;
    throw new Error(
      `no source of the engine has a constant ${constant}${where}: give the edit the name it has now, or delete the edit.\n` +
        `Constants there are: ${[...new Set(declared)].sort().join(', ')}`,
    );
  }
  for (const [file, text] of files) {
    const changed = text.replace(declaration, () => value);
    sources.set(file, changed);
  }
}

function replaceCode(sources: Map<string, string>, edit: CodeEdit): void {
  const pattern = new CodePattern(edit.find);
  const found = [...sources].flatMap(([file, text]) =>
    pattern.names.every((name) => text.includes(name))
      ? pattern.findAll(syntaxTree(file, text), edit.within).map((match) => ({ file, text, match }))
      : [],
  );
  const [place] = found;
  if (place === undefined || found.length > 1) throw new Error(misfit(sources, edit, found));
  const { file, text, match } = place;
  sources.set(file, text.slice(0, match.start) + replacement(edit.replace, match) + text.slice(match.end));
}

function replacement(replace: string, { captures }: PatternMatch): string {
  return replace.replace(/\$\$?\w+/g, (wildcard) => captures.get(wildcard) ?? wildcard) || ';';
}

/** The error for an edit that does not match exactly one place, with the most similar places. */
function misfit(
  sources: Sources,
  { find, within }: CodeEdit,
  found: readonly { readonly file: string; readonly text: string; readonly match: PatternMatch }[],
): string {
  const where = within === undefined ? 'the engine' : `\`${within}\``;
  const places = found.map(({ file, text, match }) => placeAt(file, text, match.start));
  if (places.length > 0) {
    const advice = 'narrow it by `within`, or by names in place of wildcards.';
    return `the pattern of an edit fits ${places.length} places in ${where}, not one: ${advice}\n${find}\n${places.join('\n')}`;
  }
  const advice =
    'change `find` (and `within`) to match the code as it is now, or delete the fault if it is no longer possible.';
  return `the pattern of an edit fits no place in ${where}: ${advice}\n${find}\nLines that share most with it:\n${closest(sources, find).join('\n')}`;
}

function closest(sources: Sources, find: string): string[] {
  const wanted = new Set(wordsOf(find));
  const lines = [...sources].flatMap(([file, text]) =>
    text.split('\n').map((line, i) => {
      const words = new Set(wordsOf(line));
      const shared = [...words].filter((word) => wanted.has(word)).length;
      return { place: `  src/${file}:${i + 1}: ${line.trim()}`, score: shared / (words.size + wanted.size - shared) };
    }),
  );
  const best = lines.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
  return best.slice(0, 5).map(({ place }) => place);
}

function wordsOf(code: string): string[] {
  return code.match(/(?<![\w$])[A-Za-z_]\w*/g) ?? [];
}

function placeAt(file: string, text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  const line = text.split('\n')[before.length - 1] ?? '';
  return `  src/${file}:${before.length}: ${line.trim()}`;
}

/** Most sources are the same in every engine: they are parsed once. */
const trees = new Map<string, ts.SourceFile>();

function syntaxTree(file: string, text: string): ts.SourceFile {
  const tree = trees.get(text) ?? parse(file, text);
  trees.set(text, tree);
  return tree;
}
