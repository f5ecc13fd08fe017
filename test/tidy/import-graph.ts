import { posix } from 'node:path';
import { moduleImports } from './module-imports.ts';
import type { RepositoryFile } from './repository-files.ts';

/** The folders of `src`, from the bottom up. Folders of one layer are siblings and do not import each other. */
const layers: readonly (readonly string[])[] = [
  ['base'],
  ['contract'],
  ['storage'],
  ['log', 'key-index'],
  ['image'],
  ['store'],
  ['cache'],
  ['projection'],
  ['index.ts', 'testing', 'diagnostics', 'browser'],
  ['cli'],
];

/** The files that may import modules of Node. No other file imports the second one, so that the cache runs without it. */
const nodeModuleFiles: readonly string[] = ['src/storage/node-fs.ts', 'src/diagnostics/publisher.ts'];

/** The command line runs in Node only and no other file imports it, but it uses few modules of Node, each in one place. */
const nodeModulesOfCli: Readonly<Record<string, readonly string[]>> = {
  'src/cli/terminal.ts': ['node:fs'],
  'src/cli/command-arguments.ts': ['node:util'],
};

/** Each import that does not point downward, or leaves `src`, as a sentence. */
export function layerFaults(files: readonly RepositoryFile[]): string[] {
  return files.flatMap((file) => {
    const folder = folderOf(file.path);
    if (layerOf(folder) === undefined)
      return [`${file.path}: folder ${folder} has no layer; give it one in import-graph.ts`];
    return ownImports(file).flatMap((target) => {
      const fault = importFault(folder, folderOf(target));
      return fault === undefined ? [] : [`${file.path}: imports ${target}: ${fault}`];
    });
  });
}

/** Each cycle of imports once, as `a -> b -> a`. Type imports count: a cycle of types is one concept in two files. */
export function importCycles(files: readonly RepositoryFile[]): string[] {
  const importsOf = new Map(files.map((file) => [file.path, ownImports(file)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || done.has(path)) return;
    for (const target of importsOf.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

/**
 * Each import of something that is neither a file of ours nor, in the files that may, a module of Node. All other files
 * run without Node. `import type` is allowed, as types are gone after the build.
 */
export function foreignImports(files: readonly RepositoryFile[]): string[] {
  return files.flatMap((file) =>
    moduleImports(file)
      .filter(({ specifier, isTypeOnly }) => !(specifier.startsWith('.') || isTypeOnly))
      .filter(({ specifier }) => !(specifier.startsWith('node:') && nodeModuleFiles.includes(file.path)))
      .filter(({ specifier }) => nodeModulesOfCli[file.path]?.includes(specifier) !== true)
      .map(
        ({ specifier }) =>
          `${file.path}: imports ${specifier}; only ${nodeModuleFiles.join(' and ')} may import modules of Node, and the command line a few`,
      ),
  );
}

function importFault(from: string, to: string): string | undefined {
  if (from === to) return undefined;
  const [fromLayer, toLayer] = [layerOf(from), layerOf(to)];
  if (toLayer === undefined) return `${to} is not a layer of src`;
  if (fromLayer === toLayer) return `${from} and ${to} are siblings`;
  return fromLayer !== undefined && toLayer < fromLayer ? undefined : `${to} is above ${from}`;
}

function layerOf(folder: string): number | undefined {
  const layer = layers.findIndex((folders) => folders.includes(folder));
  return layer < 0 ? undefined : layer;
}

// 'src/log/record.ts' is in folder 'log', 'src/index.ts' is a folder of its own.
function folderOf(path: string): string {
  const [top, folder] = path.split('/');
  return top === 'src' && folder !== undefined ? folder : path;
}

function ownImports(file: RepositoryFile): string[] {
  const relative = moduleImports(file).filter(({ specifier }) => specifier.startsWith('.'));
  return relative.map(({ specifier }) => posix.join(posix.dirname(file.path), specifier));
}
