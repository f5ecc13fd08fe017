import ts from 'typescript';

/** A place in a source that matches a pattern, and the text that its wildcards match there. */
export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  readonly captures: ReadonlyMap<string, string>;
}

type Captures = Map<string, string>;

/**
 * A pattern that finds code by its structure. In the pattern `$name` stands for any expression or name, `$name;` for
 * any statement and `$$name` for any number of arguments or statements. A wildcard that occurs twice must match the
 * same text twice. Line breaks, comments, types, parentheses and the braces around a single statement make no
 * difference. A pattern that ends in `;` or `}` is a sequence of statements, any other one expression.
 */
export class CodePattern {
  readonly text: string;
  readonly #statements: readonly ts.Statement[];
  readonly #expression: ts.Expression | undefined;

  constructor(text: string) {
    this.text = text;
    this.#statements = parse('pattern.ts', text).statements;
    const [first] = this.#statements;
    if (/[;}]\s*$/.test(text) || first === undefined || !ts.isExpressionStatement(first)) return;
    this.#expression = unwrapped(first.expression) as ts.Expression;
  }

  /** The names that a source must contain for the pattern to match anywhere in it. */
  get names(): readonly string[] {
    return this.text.match(/(?<![\w$'#])[A-Za-z_]\w*/g) ?? [];
  }

  /**
   * Every place in the source that matches the pattern; with `within`, only those in that function, method or class.
   */
  findAll(source: ts.SourceFile, within?: string): PatternMatch[] {
    const found: PatternMatch[] = [];
    const visit = (node: ts.Node, inside: boolean): void => {
      const isInside = inside || nameOf(node) === within;
      if (isInside) found.push(...this.#matchesAt(node));
      ts.forEachChild(node, (child) => visit(child, isInside));
    };
    visit(source, within === undefined);
    return found;
  }

  #matchesAt(node: ts.Node): PatternMatch[] {
    if (this.#expression !== undefined) return matchOf([node], fits(this.#expression, node, new Map()));
    const [only] = this.#statements;
    // One statement may also stand alone, after an `if`.
    if (only !== undefined && this.#statements.length === 1) return matchOf([node], fits(only, node, new Map()));
    const list = statementsOf(node);
    return list.flatMap((_, from) => {
      for (let until = from + 1; until <= list.length; until += 1) {
        const candidate = list.slice(from, until);
        const captures = listFits(this.#statements, candidate, new Map());
        if (captures !== undefined) return matchOf(candidate, captures);
      }
      return [];
    });
  }
}

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

function matchOf(nodes: readonly ts.Node[], captures: Captures | undefined): PatternMatch[] {
  const [first, last] = [nodes[0], nodes.at(-1)];
  if (captures === undefined || first === undefined || last === undefined) return [];
  return [{ start: first.getStart(), end: last.end, captures }];
}

/** The texts that the wildcards match if `node` has the structure of `pattern`, else `undefined`. */
function fits(pattern: ts.Node, node: ts.Node, captures: Captures): Captures | undefined {
  const wildcard = wildcardOf(pattern);
  if (wildcard !== undefined) {
    const isFit = ts.isStatement(pattern) ? ts.isStatement(node) : !ts.isStatement(node);
    return isFit ? captured(wildcard, node.getText(), captures) : undefined;
  }
  if (pattern.kind !== node.kind || operatorOf(pattern) !== operatorOf(node)) return undefined;
  const [wanted, given] = [partsOf(pattern), partsOf(node)];
  if (wanted.length !== given.length) return undefined;
  if (wanted.length === 0) return pattern.getText() === node.getText() ? captures : undefined;
  return wanted.reduce<Captures | undefined>(
    (known, part, i) => (known === undefined ? undefined : listFits(part, given[i] ?? [], known)),
    captures,
  );
}

function listFits(patterns: readonly ts.Node[], nodes: readonly ts.Node[], captures: Captures): Captures | undefined {
  const [pattern, ...others] = patterns;
  if (pattern === undefined) return nodes.length === 0 ? captures : undefined;
  const wildcard = wildcardOf(pattern);
  if (wildcard?.startsWith('$$') !== true) {
    const [node, ...rest] = nodes;
    const known = node === undefined ? undefined : fits(pattern, node, captures);
    return known === undefined ? undefined : listFits(others, rest, known);
  }
  for (let count = 0; count <= nodes.length; count += 1) {
    const known = captured(wildcard, textOf(nodes.slice(0, count)), captures);
    const all = known === undefined ? undefined : listFits(others, nodes.slice(count), known);
    if (all !== undefined) return all;
  }
  return undefined;
}

function captured(wildcard: string, text: string, captures: Captures): Captures | undefined {
  const known = captures.get(wildcard);
  if (known !== undefined) return known.replace(/\s/g, '') === text.replace(/\s/g, '') ? captures : undefined;
  return new Map(captures).set(wildcard, text);
}

/** The wildcard that a node of a pattern represents. */
function wildcardOf(node: ts.Node): string | undefined {
  const name = ts.isExpressionStatement(node) ? node.expression : node;
  return ts.isIdentifier(name) && name.text.startsWith('$') ? name.text : undefined;
}

/** The children of a node, in order and without types: its lists, and each single node as a list of one. */
function partsOf(node: ts.Node): ts.Node[][] {
  const parts: ts.Node[][] = [];
  const add = (children: readonly ts.Node[]): void => {
    const kept = children.filter((child) => !ts.isTypeNode(child));
    if (kept.length > 0 || children.length === 0) parts.push(kept.map(unwrapped));
  };
  ts.forEachChild(node, (child) => add([child]), add);
  return parts;
}

function unwrapped(node: ts.Node): ts.Node {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return unwrapped(node.expression);
  const isBody = ts.isBlock(node) && (ts.isIfStatement(node.parent) || ts.isIterationStatement(node.parent, false));
  return isBody && node.statements.length === 1 ? (node.statements[0] as ts.Node) : node;
}

function operatorOf(node: ts.Node): ts.SyntaxKind | undefined {
  return ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node) ? node.operator : undefined;
}

function statementsOf(node: ts.Node): readonly ts.Statement[] {
  return ts.isBlock(node) || ts.isSourceFile(node) || ts.isCaseOrDefaultClause(node) ? node.statements : [];
}

/** The name of a function, method or class, without the `#`. */
function nameOf(node: ts.Node): string | undefined {
  const isNamed = ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isClassDeclaration(node);
  return isNamed ? node.name?.getText().replace(/^#/, '') : undefined;
}

function textOf(nodes: readonly ts.Node[]): string {
  const [first, last] = [nodes[0], nodes.at(-1)];
  return first === undefined || last === undefined ? '' : first.getSourceFile().text.slice(first.getStart(), last.end);
}
