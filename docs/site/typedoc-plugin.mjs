// How the documents of this folder appear on the site of `npm run docs`: in groups by reader, under their headings, and
// linked wherever a text names their files. The documents themselves need no front matter for it.
import { basename } from 'node:path';
import { Converter } from 'typedoc';

/** Each document under the reader it is for. A document that is missing here fails the build. */
const groups = new Map([
  ['Guide', ['getting-started', 'projections', 'tuning', 'browser', 'testing-your-cache']],
  [
    'Operate',
    [
      'operations',
      'command-line',
      'serverless',
      'durability',
      'errors',
      'events',
      'platforms',
      'performance',
      'CHANGELOG',
    ],
  ],
  [
    'Internals',
    [
      'CONTRIBUTING',
      'reading-the-source',
      'design',
      'format',
      'crash-argument',
      'decisions',
      'testing',
      'performance-notes',
    ],
  ],
]);

/** @param {import('typedoc').Application} application */
export function load(application) {
  /** @type {Map<string, import('typedoc').DocumentReflection>} */
  const documents = new Map();

  application.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const name = basename(document.name);
    documents.set(`docs/${name}.md`, document);
    document.frontmatter.group = groupOf(name);
    document.name = headingOf(document.content) ?? name;
  });

  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const linked = (/** @type {import('typedoc').CommentDisplayPart[]} */ parts) =>
      parts.flatMap((part) => linkedParts(part, documents));
    for (const document of documents.values()) document.content = linked(withPlainHeadings(document.content));
    if (project.readme !== undefined) project.readme = linked(withoutHeading(project.readme));
    for (const { comment } of Object.values(project.reflections)) {
      if (comment === undefined) continue;
      comment.summary = linked(comment.summary);
      for (const tag of comment.blockTags) tag.content = linked(tag.content);
    }
  });
}

/** @param {string} name */
function groupOf(name) {
  for (const [group, names] of groups) if (names.includes(name)) return group;
  throw new Error(`docs/${name}.md is in no group of docs/site/typedoc-plugin.mjs`);
}

/** @param {import('typedoc').CommentDisplayPart[]} parts */
function headingOf(parts) {
  return /^# (.+)$/m.exec(parts[0]?.text ?? '')?.[1];
}

/**
 * Code in a heading made plain text: typedoc leaves code out of anchors and of the list "On This Page".
 *
 * @param {import('typedoc').CommentDisplayPart[]} parts
 */
function withPlainHeadings(parts) {
  let inHeading = false;
  return parts.map((part) => {
    if (part.kind === 'code') {
      return inHeading ? { kind: /** @type {const} */ ('text'), text: part.text.replaceAll('`', '') } : part;
    }
    const line = part.text.slice(part.text.lastIndexOf('\n') + 1);
    inHeading = /^#+ /.test(line) || (inHeading && !part.text.includes('\n'));
    return part;
  });
}

/**
 * The page of the readme has a title of its own.
 *
 * @param {import('typedoc').CommentDisplayPart[]} parts
 */
function withoutHeading([first, ...rest]) {
  if (first?.kind !== 'text') return first === undefined ? [] : [first, ...rest];
  return [{ ...first, text: first.text.replace(/^# .+\n/, '') }, ...rest];
}

/**
 * A part of a text with the files of documents that it names made links: `docs/tuning.md` becomes a link to that page.
 *
 * @param {import('typedoc').CommentDisplayPart} part
 * @param {ReadonlyMap<string, import('typedoc').DocumentReflection>} documents
 * @returns {import('typedoc').CommentDisplayPart[]}
 */
function linkedParts(part, documents) {
  if (part.kind !== 'text' && part.kind !== 'code') return [part];
  if (part.kind === 'code' && part.text.startsWith('```')) return [part];
  const pattern = part.kind === 'code' ? /^`(docs\/[\w-]+\.md)`$/ : /(?<![\w/[(])(docs\/[\w-]+\.md)\b/;
  // Every second piece is a name that the pattern captured.
  const pieces = part.text.split(new RegExp(pattern, 'g'));
  return pieces.flatMap((text, index) => {
    const target = index % 2 === 1 ? documents.get(text) : undefined;
    if (target !== undefined) return [{ kind: 'inline-tag', tag: '@link', text: target.name, target }];
    return text === '' ? [] : [{ ...part, text }];
  });
}
