import { kindOf } from './argument.ts';

/** A name is only suggested if no more letters differ. */
const LETTERS_MAX = 3;

/** The types of options by their names: a name means the same wherever it is an option. */
const TYPES: Readonly<Record<string, string>> = {
  readOnly: 'boolean',
  preloadIndex: 'boolean',
  reopen: 'boolean',
  reverse: 'boolean',
  durability: 'string',
  limit: 'number',
  onEvent: 'function',
  onProgress: 'function',
};

/**
 * Throws `TypeError` unless `options` is an object whose properties are all in `names` and have their types. A misspelt option
 * would otherwise be ignored without a sign. `what` is the name of the options in messages, such as `'options of open'`.
 */
export function assertOptions(options: object, what: string, names: readonly string[]): void {
  const kind = kindOf(options);
  // An object of a class may have the options, as an `AbortController` has a signal. A promise or a map would have no effect.
  const isPlain = /^object$/i.test(kind);
  if (!isPlain && !(typeof options === 'object' && names.some((name) => name in (options ?? [])))) {
    throw new TypeError(`${what} must be an object with ${names.join(', ')}; got ${kind}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (names.includes(name)) {
      assertType(name, value);
      continue;
    }
    const nearest = nearestOf(name, names);
    const hint = nearest === undefined ? `there are ${names.join(', ')}` : `did you mean ${nearest}?`;
    throw new TypeError(`${what} have no ${name}: ${hint}`);
  }
}

function assertType(name: string, value: unknown): void {
  if (value === undefined) return;
  if (name === 'signal' && !isSignal(value)) throw new TypeError(`signal must be an AbortSignal; got ${kindOf(value)}`);
  const type = TYPES[name];
  if (type !== undefined && typeof value !== type)
    throw new TypeError(`${name} must be a ${type}; got ${kindOf(value)}`);
}

/** By its methods and not its class: a signal may come from another realm. */
function isSignal(value: unknown): boolean {
  const signal = (value ?? {}) as Readonly<Record<string, unknown>>;
  const methods = ['throwIfAborted', 'addEventListener', 'removeEventListener'];
  return typeof signal['aborted'] === 'boolean' && methods.every((method) => typeof signal[method] === 'function');
}

function nearestOf(name: string, names: readonly string[]): string | undefined {
  const distances = names.map((candidate) => ({ candidate, letters: differingLetters(name, candidate) }));
  const [best] = distances.sort((a, b) => a.letters - b.letters);
  return best !== undefined && best.letters <= LETTERS_MAX ? best.candidate : undefined;
}

/** How many letters of the longer name are neither in their common beginning nor in their common end, without regard to case. */
function differingLetters(a: string, b: string): number {
  const [longer, shorter] = [a.toLowerCase(), b.toLowerCase()].sort((x, y) => y.length - x.length) as [string, string];
  let begin = 0;
  while (begin < shorter.length && longer[begin] === shorter[begin]) begin += 1;
  let end = 0;
  while (end < shorter.length - begin && longer.at(-1 - end) === shorter.at(-1 - end)) end += 1;
  return longer.length - begin - end;
}
