/** Colours by role. A drawing has its own background, so that it is readable on every page. */
const style = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .strong { font-weight: 600 }
  .small { font-size: 12px }
  .muted { fill: #59636e }
  .mono { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace }
  .page { fill: #ffffff; stroke: #d1d9e0 }
  .line { fill: none; stroke: #59636e; stroke-width: 1.5 }
  .thin { fill: none; stroke: #d1d9e0; stroke-width: 1 }
  .dashed { fill: none; stroke: #59636e; stroke-width: 1.2; stroke-dasharray: 4 4 }
  .tip { fill: #59636e }
  .plain { fill: #f6f8fa; stroke: #b7c0c9 }
  .blue { fill: #ddf0ff; stroke: #0969da }
  .green { fill: #dcf5e3; stroke: #1a7f37 }
  .yellow { fill: #fff3c4; stroke: #9a6700 }
  .red { fill: #ffe4e1; stroke: #cf222e }
  .violet { fill: #f3e8ff; stroke: #8250df }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .muted { fill: #9da7b3 }
    .page { fill: #0d1117; stroke: #3d444d }
    .line, .dashed { stroke: #9da7b3 }
    .thin { stroke: #3d444d }
    .tip { fill: #9da7b3 }
    .plain { fill: #1c2128; stroke: #59636e }
    .blue { fill: #0c2d4f; stroke: #4493f8 }
    .green { fill: #0f3320; stroke: #3fb950 }
    .yellow { fill: #3d2e00; stroke: #d29922 }
    .red { fill: #4a1518; stroke: #f85149 }
    .violet { fill: #2f1a52; stroke: #ab7df8 }
  }`;

/** The width of a drawing in a document, in pixels. */
export const WIDTH = 720;

/** The fill of a box. */
export type Fill = 'plain' | 'blue' | 'green' | 'yellow' | 'red' | 'violet';

export type Anchor = 'start' | 'middle' | 'end';

export type Point = readonly [x: number, y: number];

const TIP_LENGTH = 8;
const TIP_HALF_WIDTH = 4;

/** Builds an SVG file. Later shapes lie on top of earlier ones. Lengths are pixels. */
export class Drawing {
  readonly #title: string;
  readonly #description: string;
  readonly #height: number;
  readonly #shapes: string[] = [];

  /** The title is drawn at the top; screen readers read it and the description. */
  constructor(title: string, description: string, height: number) {
    this.#title = title;
    this.#description = description;
    this.#height = height;
    this.text(20, 32, title, 'title');
  }

  text(x: number, y: number, content: string, classes: string = '', anchor: Anchor = 'start'): void {
    const classed = classes === '' ? '' : ` class="${classes}"`;
    const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
    this.#shapes.push(`<text x="${round(x)}" y="${round(y)}"${classed}${anchored}>${escapeXml(content)}</text>`);
  }

  /** Lines of text below each other, with the baseline of the first at `y`. */
  lines(x: number, y: number, contents: readonly string[], classes: string = '', anchor: Anchor = 'start'): void {
    for (const [index, content] of contents.entries()) this.text(x, y + index * 17, content, classes, anchor);
  }

  box(x: number, y: number, width: number, height: number, fill: Fill, radius: number = 0): void {
    const size = `width="${round(width)}" height="${round(height)}"`;
    this.#shapes.push(`<rect x="${round(x)}" y="${round(y)}" ${size} rx="${radius}" class="${fill}"/>`);
  }

  /** A rounded box with centred lines of text, the first one bold. */
  label(x: number, y: number, width: number, height: number, fill: Fill, contents: readonly string[]): void {
    this.box(x, y, width, height, fill, 6);
    const top = y + height / 2 - (contents.length - 1) * 8.5 + 4.5;
    for (const [index, content] of contents.entries()) {
      this.text(x + width / 2, top + index * 17, content, index === 0 ? 'strong' : 'small', 'middle');
    }
  }

  line(points: readonly Point[], classes: 'line' | 'thin' | 'dashed' = 'line'): void {
    const moves = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`);
    this.#shapes.push(`<path d="${moves.join(' ')}" class="${classes}"/>`);
  }

  area(points: readonly Point[], fill: Fill): void {
    const moves = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`);
    this.#shapes.push(`<path d="${moves.join(' ')} Z" class="${fill}"/>`);
  }

  /** A line with a tip at its end. */
  arrow(points: readonly Point[], classes: 'line' | 'dashed' = 'line'): void {
    const [tip, before] = [points.at(-1), points.at(-2)];
    if (tip === undefined || before === undefined) throw new RangeError('an arrow has two points at least');
    this.line(points, classes);
    const length = Math.hypot(tip[0] - before[0], tip[1] - before[1]);
    const [dx, dy] = [(tip[0] - before[0]) / length, (tip[1] - before[1]) / length];
    const [backX, backY] = [tip[0] - dx * TIP_LENGTH, tip[1] - dy * TIP_LENGTH];
    const corners: Point[] = [
      tip,
      [backX - dy * TIP_HALF_WIDTH, backY + dx * TIP_HALF_WIDTH],
      [backX + dy * TIP_HALF_WIDTH, backY - dx * TIP_HALF_WIDTH],
    ];
    const path = corners.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join(' ');
    this.#shapes.push(`<path d="${path} Z" class="tip"/>`);
  }

  toString(): string {
    const size = `width="${WIDTH}" height="${this.#height}"`;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${this.#height}" ${size} role="img" aria-labelledby="title desc">`,
      `<title id="title">${escapeXml(this.#title)}</title>`,
      `<desc id="desc">${escapeXml(this.#description)}</desc>`,
      `<style>${style}\n</style>`,
      `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${this.#height - 1}" rx="8" class="page"/>`,
      ...this.#shapes,
      '</svg>',
      '',
    ].join('\n');
  }
}

/** `65536` as `65,536`. */
export function figure(value: number): string {
  return value.toLocaleString('en-US');
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(position: number): number {
  return Math.round(position * 10) / 10;
}
