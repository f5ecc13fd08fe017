import { kindOf } from './argument.ts';

/** A name is only suggested if so few changes of a letter lead to it. */
const CHANGES_MAX = 3;

/**
 * Throws `TypeError` unless `options` is an object whose properties are all in `names`. A misspelt option would otherwise be
 * ignored without a sign. `what` is the name of the options in messages, such as `'options of LogCache.open'`.
 */
export function assertOptions(options: object, what: string, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${what} must be an object with ${names.join(', ')}; got ${kindOf(options)}`);
  }
  // Its properties are not its own, so that no name would be noticed.
  if ('aborted' in options) throw new TypeError(`${what} must be an object: pass a signal as { signal }`);
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const nearest = nearestOf(name, names);
    const hint = nearest === undefined ? `there are ${names.join(', ')}` : `did you mean ${nearest}?`;
    throw new TypeError(`${what} have no ${name}: ${hint}`);
  }
}

function nearestOf(name: string, names: readonly string[]): string | undefined {
  const distances = names.map((candidate) => ({ candidate, changes: editDistance(name, candidate) }));
  const [best] = distances.sort((a, b) => a.changes - b.changes);
  return best !== undefined && best.changes <= CHANGES_MAX ? best.candidate : undefined;
}

/** How many letters must be inserted, removed or replaced (Levenshtein), without regard to case. */
function editDistance(a: string, b: string): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
