/*
 * Builds applications with esbuild, Rollup, webpack, Vite and Next.js, runs them, and prints their sizes:
 * `npm run test:bundles`.
 */
import { SeparatePackage } from '../../bench/separate-package.ts';
import { formatTable } from '../../bench/table.ts';
import { PackedPackage } from '../scripts/packed-package.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { type Application, applications } from './applications.ts';
import { type Bundle, bundleFaults, gzipBytesOf, kilobytes, packageModules } from './bundle-checks.ts';
import { Bundling, bundlers } from './bundling.ts';
import { runNextApplication } from './next-application.ts';

const usage: ScriptUsage = {
  command: 'npm run test:bundles',
  about: `Packs and installs the package, builds applications with it, and runs them.
The first run installs the bundlers into test/bundles/installed: 420 MB.

  codec       the codec of entries alone, in a page
  log-cache   a LogCache in a directory, on Node
  memory      a LogCache in memory, in a page: nothing of Node
  projector   a Projector on a LogCache in memory, in a page
  everything  all exports, on Node
  next        a route of a standalone Next.js server`,
  options: [],
};

const MODULES_SHOWN = 12;
const NEXT_ANSWERS: readonly string[] = ['replay', 'hit', 'hit'].map((outcome) => `{"total":6,"outcome":"${outcome}"}`);

await runScript(usage, async () => {
  const installed = new SeparatePackage('test/bundles/installed');
  installed.install();
  const packed = new PackedPackage(installed.path('packed'));
  const bundling = new Bundling(installed, packed);
  const faults: string[] = [];
  try {
    console.log('Sizes in kB of 1,000 bytes: minified / minified and compressed by gzip\n');
    printSizes((application, bundler) => {
      const bundle = bundling.build(application, bundler);
      faults.push(...bundleFaults(application, bundle).map((fault) => `${application.name}, ${bundler}: ${fault}`));
      return bundle;
    });
    const { answers, routeBytes, routeGzipBytes } = await runNextApplication(installed, packed);
    console.log(
      `\nA standalone Next.js server answers. Its route, with what Next.js adds: ${sizes(routeBytes, routeGzipBytes)}`,
    );
    if (answers.join() !== NEXT_ANSWERS.join()) faults.push(`next: it answers ${answers.join()}`);
  } finally {
    bundling.remove();
    packed.remove();
  }
  if (faults.length > 0) throw new Error(`\n${faults.join('\n')}`);
});

function printSizes(build: (application: Application, bundler: string) => Bundle): void {
  const rows: string[][] = [];
  let largest = '';
  for (const application of applications) {
    const bundles = bundlers.map((bundler) => build(application, bundler));
    const target = application.targetKb === undefined ? '' : application.targetKb.toFixed(1);
    rows.push([application.name, ...bundles.map(({ code }) => sizes(code.length, gzipBytesOf(code))), target]);
    if (application.name === 'log-cache') largest = largestModules(bundles[0]);
  }
  console.log(formatTable(['application', ...bundlers, 'target'], rows));
  console.log(`\nThe largest modules of log-cache, minified by ${bundlers[0]}:\n\n${largest}`);
}

function sizes(bytes: number, gzipBytes: number): string {
  return `${kilobytes(bytes)} / ${kilobytes(gzipBytes)}`;
}

function largestModules(bundle: Bundle | undefined): string {
  const modules = packageModules(bundle?.modules ?? []).sort((one, other) => other.bytes - one.bytes);
  const folders = new Map<string, number>();
  for (const { path, bytes } of modules) {
    const folder = path.split('/')[1] ?? '';
    folders.set(folder, (folders.get(folder) ?? 0) + bytes);
  }
  const perFolder = [...folders].sort(([, one], [, other]) => other - one);
  const ofFolders = perFolder.map(([name, bytes]) => [name, kilobytes(bytes)]);
  const ofModules = modules.slice(0, MODULES_SHOWN).map(({ path, bytes }) => [path, kilobytes(bytes)]);
  return `${formatTable(['module', 'kB'], ofModules)}\n\n${formatTable(['folder', 'kB'], ofFolders)}`;
}
