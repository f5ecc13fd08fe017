import { gzipSync } from 'node:zlib';
import type { Application } from './applications.ts';

/** A module of a bundle. */
export interface BundledModule {
  readonly path: string;
  readonly bytes: number;
}

/** An application, built by a bundler. */
export interface Bundle {
  readonly code: string;
  readonly modules: readonly BundledModule[];
  /** What it printed. */
  readonly answer: string;
}

/** What is wrong with a bundle, as sentences. */
export function bundleFaults(application: Application, { code, modules, answer }: Bundle): string[] {
  const faults: string[] = [];
  const { without, gzipBytesMax, target } = application;
  if (answer !== application.answer) faults.push(`it prints '${answer}', not '${application.answer}'`);
  for (const { path } of packageModules(modules)) {
    if (without.some((part) => path.startsWith(part))) faults.push(`it carries ${path}`);
  }
  if (target === 'browser' && code.includes('node:')) faults.push('it names a module of Node');
  const bytes = gzipBytesOf(code);
  if (gzipBytesMax !== undefined && bytes > gzipBytesMax) faults.push(`it has ${bytes} bytes, of ${gzipBytesMax}`);
  return faults;
}

/** The modules of the package in a bundle, with their paths below it: `dist/index.js`. */
export function packageModules(modules: readonly BundledModule[]): BundledModule[] {
  return modules.flatMap(({ path, bytes }) => {
    const [, inPackage] = path.replaceAll('\\', '/').split('node_modules/projection-cache/');
    return inPackage === undefined || bytes === 0 ? [] : [{ path: inPackage, bytes }];
  });
}

/** The size of a text that is transferred compressed. */
export function gzipBytesOf(code: string): number {
  return gzipSync(code, { level: 9 }).length;
}

/** `12.3`: kilobytes of 1,000 bytes. */
export function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
