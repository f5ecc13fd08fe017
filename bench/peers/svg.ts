/** Colours by role, for light and dark pages; the background is that of the page. */
const style = `
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .heading { font-weight: 600 }
  .muted { fill: #59636e }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .axis { stroke: #59636e; stroke-width: 1.5 }
  .ours { fill: #0969da; stroke: #0969da }
  .worse { fill: #a0a8b0 }
  .better { fill: #d4700a }
  .other { fill: #d4700a; stroke: #d4700a }
  path.line { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .muted { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .axis { stroke: #9198a1 }
    .ours { fill: #4493f8; stroke: #4493f8 }
    .worse { fill: #6e7681 }
    .better { fill: #f0883e }
    .other { fill: #f0883e; stroke: #f0883e }
  }`;

/** A whole SVG file with an accessible title. */
export function svgDocument(width: number, height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${style}\n</style>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

export type Anchor = 'start' | 'middle' | 'end';

export function text(x: number, y: number, content: string, className: string = '', anchor: Anchor = 'start'): string {
  const classes = className === '' ? '' : ` class="${className}"`;
  return `<text x="${round(x)}" y="${round(y)}"${classes} text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${className}"/>`;
}

export function bar(x: number, y: number, width: number, height: number, className: string): string {
  const size = `width="${round(width)}" height="${round(height)}"`;
  return `<rect x="${round(x)}" y="${round(y)}" ${size} rx="1.5" class="${className}"/>`;
}

export function path(points: readonly (readonly [number, number])[], className: string): string {
  const moves = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`);
  return `<path d="${moves.join(' ')}" class="${className}"/>`;
}

export function dot(x: number, y: number, className: string): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="3" class="${className}"/>`;
}

export function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A figure in a few characters: 1.2 M, 340 k, 12. */
export function shortFigure(figure: number): string {
  if (figure >= 999_500) return `${trimmed(figure / 1e6)} M`;
  if (figure >= 999.5) return `${trimmed(figure / 1e3)} k`;
  return trimmed(figure);
}

function trimmed(figure: number): string {
  return String(Number(figure.toPrecision(figure >= 100 ? 3 : 2)));
}

function round(position: number): number {
  return Math.round(position * 10) / 10;
}
