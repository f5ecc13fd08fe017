/** A line is longer than the limit. */
export class LineTooLongError extends Error {}

/**
 * The lines of a stream of bytes, those of each piece together, without their line ends (LF or CRLF). Bytes are read as
 * Latin-1, so that a line can be as long as the engine allows; a byte-order mark of UTF-8 is skipped. Memory is that of one
 * piece and one line. Throws `LineTooLongError` after the lines before.
 */
export async function* linesOf(input: AsyncIterable<Uint8Array>, charactersMax: number): AsyncGenerator<string[]> {
  let rest = '';
  let isFirst = true;
  for await (const piece of input) {
    const text = textOf(piece, isFirst);
    isFirst = false;
    // Only the new piece is searched: a long line would otherwise be searched again with each piece.
    const lastEnd = text.lastIndexOf('\n');
    if (lastEnd < 0) {
      rest += text;
      if (rest.length > charactersMax) throw new LineTooLongError();
      continue;
    }
    yield (rest + text.slice(0, lastEnd)).split('\n').map(withoutReturn);
    rest = text.slice(lastEnd + 1);
  }
  if (rest !== '') yield [withoutReturn(rest)];
}

const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

function textOf(piece: Uint8Array, isFirst: boolean): string {
  const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1');
  return isFirst && text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
