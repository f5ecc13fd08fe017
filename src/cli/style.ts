import type { Terminal } from './terminal.ts';

/** Colours, which only a terminal shows. */
export interface Style {
  /** Headings and names. */
  readonly strong: (text: string) => string;
  /** What is less important. */
  readonly faint: (text: string) => string;
  /** What is in order. */
  readonly good: (text: string) => string;
  /** Damage. */
  readonly bad: (text: string) => string;
}

const plain = (text: string): string => text;

/** No colours unless the stream is a terminal that shows them, and the user has not set `NO_COLOR`. */
export function styleFor(stream: Terminal['stdout'], env: Terminal['env']): Style {
  const hasColours = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  if (!hasColours) return { strong: plain, faint: plain, good: plain, bad: plain };
  return { strong: sequence(1, 22), faint: sequence(2, 22), good: sequence(32, 39), bad: sequence(31, 39) };
}

/** Select Graphic Rendition (ECMA-48): the attribute on, the text, the attribute off. */
function sequence(on: number, off: number): (text: string) => string {
  return (text) => `\u001b[${on}m${text}\u001b[${off}m`;
}
