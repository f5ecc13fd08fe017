/** A fenced block of a document. */
export interface CodeBlock {
  /** The path of the document and the line of the fence, such as `README.md:30`. */
  readonly place: string;
  readonly language: string;
  /** Words after the language, such as `no-run`. */
  readonly flags: readonly string[];
  readonly text: string;
}

/** A link of a document: its target, and the line it is on. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

const fence = /^```(.*)$/;

/** The fenced blocks of a document, in order. */
export function codeBlocks(path: string, markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { readonly start: number; readonly info: string; readonly lines: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const info = fence.exec(line)?.[1];
    if (open === undefined && info !== undefined) {
      open = { start: index + 1, info, lines: [] };
    } else if (open !== undefined && info === '') {
      const [language = '', ...flags] = open.info.split(/\s+/);
      blocks.push({ place: `${path}:${open.start}`, language, flags, text: open.lines.join('\n') });
      open = undefined;
    } else {
      open?.lines.push(line);
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.start}: the block has no end`);
  return blocks;
}

/** The links in the text of a document, not in its code. */
export function linksOf(markdown: string): Link[] {
  return proseLines(markdown).flatMap((line, index) =>
    [...line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
      target,
      line: index + 1,
    })),
  );
}

/** The valid fragments of a link to this document: its headings, as GitHub and typedoc name them. */
export function anchorsOf(markdown: string): string[] {
  const headings = proseLines(markdown).flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? []);
  const slugs = headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return slugs.map((slug, index) => {
    const before = slugs.slice(0, index).filter((other) => other === slug).length;
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

/** The files of the repository that a document names in code spans, such as `src/index.ts`. */
export function pathsInCode(markdown: string): string[] {
  const spans = proseLines(markdown).flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span));
  return spans.filter((span) => /^(?:src|test|props|docs|bench)\/[\w./-]+\.(?:ts|md|json|svg)$/.test(span));
}

/** The rows of the tables of a document, each as its cells without code marks; headers and rules included. */
export function tableRows(markdown: string): string[][] {
  const rows = proseLines(markdown).filter((line) => line.startsWith('|'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** The lines of a document; lines in fenced blocks are empty, so that line numbers stay. */
function proseLines(markdown: string): string[] {
  let inBlock = false;
  return markdown.split('\n').map((line) => {
    const isFence = fence.test(line);
    if (isFence) inBlock = !inBlock;
    return inBlock || isFence ? '' : line;
  });
}
