import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { utf8 } from './samples.ts';

const asRange =
  'A prefix is bytes, not a pattern: delete the keys from the prefix up to prefixSuccessor(prefix), or compare bytes.';

/** A prefix stands for its own bytes, even if they have a meaning in a pattern, a collation or a statement. */
export const patternCases: readonly ConformanceCase[] = [
  literal('special in SQL LIKE', ['a_b:', 'a%b:', 'a\\b:', '\\%b:', '_', '%'], ['axb:', 'a:b:', 'ab:', 'x:']),
  literal(
    'special in a glob',
    ['a*b:', 'a?b:', 'a[xy]b:', 'a[^z]b:', 'a[!z]b:', 'a[x-z]b:', 'a{x,y}b:', '\\a*:', '[', '*', '?'],
    ['ab:', 'axb:', 'ayb:', 'axyb:', 'a*:', 'x:'],
  ),
  literal(
    'special in a regular expression',
    ['a.b:', 'aa*b:', 'a+b:', 'a|b:', 'a(b:', '(a)b:', 'a)b:', 'a{2}b:', 'a[b:', '[a]b:', '\\wb:', '^ab:', 'ab$:', '.'],
    ['axb:', 'aab:', 'ab:', 'b:', 'x:'],
  ),
  literal(
    'special in a statement or an address',
    ["a'b:", 'a"b:', "a'; --", '$1:', ':a:', '%61b:', 'a+b:', '&amp;'],
    ['ab:', '&'],
  ),
  literal(
    'in another case, with spaces, or in another form of Unicode',
    ['Order:', 'order: ', ' order:', 'user\u00e9:', '\ufb01:', '1:', '\ufeffa:'],
    ['order:', 'ORDER:', 'order:x', 'usere\u0301:', 'USER\u00c9:', 'fi:', '01:', 'a:'],
  ),
];

/** A case with prefixes, one key for each, and other keys that would match if bytes were not compared as bytes. */
function literal(what: string, prefixes: readonly string[], others: readonly string[]): ConformanceCase {
  return {
    name: `deletePrefix takes prefixes as bytes: characters ${what}`,
    advice: asRange,
    run: (subject) => expectLiteral(subject, prefixes, others),
  };
}

async function expectLiteral(
  subject: CacheUnderTest,
  prefixes: readonly string[],
  others: readonly string[],
): Promise<void> {
  const kept = others.map((other) => utf8(`${other}507`));
  await subject.putAll(kept);
  await subject.putAll(prefixes.map((prefix) => utf8(`${prefix}507`)));
  for (const prefix of prefixes) {
    await subject.expectRemoved(utf8(prefix), 1);
    await subject.expectMiss(utf8(`${prefix}507`));
  }
  await subject.expectAll(kept);
}
