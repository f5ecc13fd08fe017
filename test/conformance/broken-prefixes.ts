import { assertBytes } from '../../src/base/argument.ts';
import { prefixSuccessor } from '../../src/base/prefix-successor.ts';
import { type BrokenCache, byText } from './broken-cache.ts';
import { MapCache } from './map-cache.ts';

const like = 'deletePrefix takes prefixes as bytes: characters special in SQL LIKE';
const glob = 'deletePrefix takes prefixes as bytes: characters special in a glob';
const regExp = 'deletePrefix takes prefixes as bytes: characters special in a regular expression';
const statement = 'deletePrefix takes prefixes as bytes: characters special in a statement or an address';
const collation =
  'deletePrefix takes prefixes as bytes: characters in another case, with spaces, or in another form of Unicode';
const anyByte = 'deletePrefix removes the key equal to the prefix, and every byte may follow';
const firstByte = 'deletePrefix of one byte removes the keys that start with it, for all 256';
const elsewhere = 'deletePrefix keeps keys that contain the prefix elsewhere';
const long = 'deletePrefix compares long prefixes up to their last byte';
const ofFF = 'deletePrefix takes prefixes of 0xFF bytes';
const noSuch = 'deletePrefix with a prefix that no key has removes nothing';
const goesByBytes = 'deletePrefix compares bytes, not words';
const alone = 'deletePrefix of user:1: keeps user:10:';

type Matches = (key: Uint8Array, prefix: Uint8Array) => boolean;

/** Removes the keys that match by another rule than the contract's. */
export class MatchingCache extends MapCache {
  readonly #matches: Matches;

  constructor(matches: Matches) {
    super();
    this.#matches = matches;
  }

  override deletePrefix(prefix: Uint8Array): number {
    assertBytes(prefix, 'prefix');
    const doomed = this.keys().filter((key) => this.#matches(key, prefix));
    return doomed.filter((key) => this.delete(key)).length;
  }
}

export const brokenPrefixes: readonly BrokenCache[] = [
  matching('matches prefixes by LIKE', matchingPattern(likePattern), [like]),
  matching('matches prefixes by LIKE and escapes them badly', matchingPattern(halfEscaped), [like]),
  matching('matches prefixes by LIKE without a character to escape', matchingPattern(plainLike), [like]),
  matching('matches prefixes by LIKE, blind to case', matchingPattern(likePattern, 'is'), [like, collation]),
  matching('matches prefixes by a glob', matchingPattern(globPattern), [glob]),
  matching('matches prefixes by a glob of which only * is escaped', matchingPattern(escapedStar), [glob]),
  matching(
    'matches prefixes by a regular expression',
    matchingPattern((prefix) => prefix),
    [regExp],
  ),
  matching('cuts a statement at a quote', startsWith(byText('latin1', (prefix) => prefix.replace(/'.*/, ''))), [
    statement,
  ]),
  matching('decodes prefixes of an address', startsWith(byText('latin1', (prefix) => unescape(prefix))), [statement]),
  matching(
    'ignores the case of prefixes',
    sameStart((text) => text.toLowerCase()),
    [collation],
  ),
  matching('trims prefixes', startsWith(byText('latin1', (prefix) => prefix.trim())), [collation]),
  matching(
    'composes Unicode in prefixes',
    sameStart((text) => text.normalize('NFKD')),
    [collation],
  ),
  matching(
    'decodes prefixes as UTF-8',
    sameStart((text) => text),
    [goesByBytes],
  ),
  matching('finds the prefix anywhere', (key, prefix) => latin1(key).includes(latin1(prefix)), [elsewhere]),
  matching('finds the prefix at the end', (key, prefix) => latin1(key).endsWith(latin1(prefix)), [elsewhere, alone]),
  matching('removes keys that are a prefix of the prefix', (key, prefix) => latin1(prefix).startsWith(latin1(key)), [
    noSuch,
  ]),
  matching('keeps the key equal to the prefix', (key, prefix) => isLonger(key, prefix), [anyByte, alone, long]),
  matching('removes keys of the same length only', (key, prefix) => latin1(key) === latin1(prefix), [anyByte, alone]),
  matching('compares whole words', (key, prefix) => words(key).startsWith(words(prefix)), [goesByBytes]),
  matching(
    'ends the range at the prefix and 0xFF',
    upTo((prefix) => `${prefix}\xff`),
    [anyByte],
  ),
  matching(
    'ends the range at the prefix and U+FFFF',
    upToText((prefix) => `${prefix}\uffff`),
    [anyByte],
  ),
  matching('increments the last byte without a carry', upTo(withoutCarry), [ofFF, firstByte]),
  matching('includes the end of the range', upTo(successor, true), [anyByte]),
  matching('compares bytes as signed numbers', signedRange, [firstByte]),
  ...[64, 128, 255, 1_024].map((bytesMax) =>
    matching(
      `cuts prefixes to ${bytesMax} bytes`,
      startsWith((prefix) => prefix.subarray(0, bytesMax)),
      [long],
    ),
  ),
];

function matching(fault: string, matches: Matches, foundBy: readonly string[]): BrokenCache {
  return { fault, foundBy, open: () => new MatchingCache(matches) };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

function matchingPattern(pattern: (prefix: string) => string, flags = 's'): Matches {
  return (key, prefix) => new RegExp(`^(?:${pattern(latin1(prefix))})`, flags).test(latin1(key));
}

function plainLike(prefix: string): string {
  return prefix
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replaceAll('_', '.')
    .replaceAll('%', '.*');
}

// A backslash in the prefix escapes the next character.
function likePattern(prefix: string): string {
  return prefix
    .split(/(\\.)/s)
    .map((part) => (part.startsWith('\\') ? plainLetter(part) : plainLike(part)))
    .join('');
}

// Escapes the two wildcards, but not the escape character.
function halfEscaped(prefix: string): string {
  return likePattern(prefix.replace(/[%_]/g, '\\$&'));
}

function plainLetter(escapedLetter: string): string {
  return escapedLetter.slice(1).replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
}

function globPattern(prefix: string): string {
  return prefix
    .replace(/[\\^$.+()|{}]/g, '\\$&')
    .replace(/\[(?!.*\])/s, '\\[')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll('[!', '[^');
}

function escapedStar(prefix: string): string {
  return prefix.split('*').map(globPattern).join('\\*');
}

function startsWith(change: (prefix: Uint8Array) => Uint8Array): Matches {
  return (key, prefix) => latin1(key).startsWith(latin1(change(prefix)));
}

function sameStart(change: (text: string) => string): Matches {
  return (key, prefix) => change(utf8(key)).startsWith(change(utf8(prefix)));
}

function isLonger(key: Uint8Array, prefix: Uint8Array): boolean {
  return key.length > prefix.length && latin1(key).startsWith(latin1(prefix));
}

function words(bytes: Uint8Array): string {
  return latin1(bytes).replace(/\0.*/s, '').concat(' ');
}

function upTo(end: (prefix: string) => string | undefined, isInclusive = false): Matches {
  return (key, prefix) => {
    const to = end(latin1(prefix));
    if (latin1(key) < latin1(prefix)) return false;
    return to === undefined || latin1(key) < to || (isInclusive && latin1(key) === to);
  };
}

function upToText(end: (prefix: string) => string): Matches {
  return (key, prefix) => utf8(key) >= utf8(prefix) && utf8(key) < end(utf8(prefix));
}

function successor(prefix: string): string | undefined {
  const end = prefixSuccessor(Buffer.from(prefix, 'latin1'));
  return end && latin1(end);
}

function withoutCarry(prefix: string): string | undefined {
  const bytes = Buffer.from(prefix, 'latin1');
  const last = bytes.at(-1);
  return last === undefined ? undefined : latin1(bytes.with(-1, last + 1));
}

function signedRange(key: Uint8Array, prefix: Uint8Array): boolean {
  const end = prefixSuccessor(prefix);
  return compareSigned(key, prefix) >= 0 && (end === undefined || compareSigned(key, end) < 0);
}

function compareSigned(first: Uint8Array, second: Uint8Array): number {
  const [a, b] = [new Int8Array(first), new Int8Array(second)];
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -129);
}
