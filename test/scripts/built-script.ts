import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const repository: string = fileURLToPath(new URL('../../', import.meta.url));

/** Within the repository, so that a script finds the packages that it imports. */
const BUILT = '.built';

const built = new Map<string, Promise<URL>>();

/**
 * A script of the repository as one file of JavaScript: its process starts in a third of the time that it takes with `tsx`,
 * and the tests start hundreds. To the script, its own file and those beside it are where the sources are.
 */
export function builtScript(script: URL): Promise<URL> {
  const path = fileURLToPath(script);
  const known = built.get(path) ?? bundled(path);
  built.set(path, known);
  return known;
}

/** How a script ended, and what it wrote. */
export interface ScriptRun {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a built script to its end, by default in the repository. */
export function runBuilt(script: URL, args: readonly string[], options: SpawnSyncOptions = {}): ScriptRun {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(script), ...args], {
    cwd: repository,
    ...options,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

async function bundled(path: string): Promise<URL> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // A module that can be both imported and run looks here.
    banner: { js: `if (process.argv[1] === import.meta.filename) process.argv[1] = ${JSON.stringify(path)};` },
    plugins: [ownUrls],
    write: false,
  });
  const target = join(repository, BUILT, relative(repository, path).replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  // Another process may be starting from this file, so it is replaced as a whole.
  const written = `${target}.${process.pid}`;
  writeFileSync(written, outputFiles[0]?.contents ?? '');
  renameSync(written, target);
  return pathToFileURL(target);
}

/** Each module keeps the `import.meta.url` of its source. */
const ownUrls: Plugin = {
  name: 'own-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replace(/\bimport\.meta\.url\b/g, JSON.stringify(pathToFileURL(path).href)),
    }));
  },
};
