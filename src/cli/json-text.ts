const INDENT = '  ';

/**
 * A JSON text with one member a line, `undefined` for a text that is not JSON. Only white space changes: numbers beyond what a
 * `number` holds stay as they are. Control characters, which a terminal could obey, are escaped.
 */
export function prettyJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return escapeControls(indented(tokensOf(text)));
}

/** The same on one line, `undefined` for a text that is not JSON. */
export function compactJson(text: string): string | undefined {
  return prettyJson(text) === undefined ? undefined : escapeControls(tokensOf(text).join(''));
}

/** Whether a text can be printed without an effect on the terminal other than its lines. */
export function isPrintable(text: string): boolean {
  return !/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(text.replaceAll(/[\n\t]/g, ''));
}

/** A text as a JSON string without characters that a terminal could obey. */
export function quotedText(text: string): string {
  return escapeControls(JSON.stringify(text));
}

/** Strings, punctuation, and everything else as it stands, without white space between them. */
function tokensOf(json: string): string[] {
  return json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
}

function indented(tokens: readonly string[]): string {
  let depth = 0;
  let text = '';
  for (const [at, token] of tokens.entries()) {
    const isOpening = token === '{' || token === '[';
    const isClosing = token === '}' || token === ']';
    const previous = tokens[at - 1] ?? '';
    if (isClosing) depth -= 1;
    const isEmpty = isClosing && (previous === '{' || previous === '[');
    const startsLine = previous === '{' || previous === '[' || previous === ',' || isClosing;
    if (startsLine && !isEmpty) text += `\n${INDENT.repeat(depth)}`;
    text += token === ':' ? ': ' : token;
    if (isOpening) depth += 1;
  }
  return text;
}

function escapeControls(json: string): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replaceAll(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped);
}
