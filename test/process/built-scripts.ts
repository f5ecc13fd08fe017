import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transpiled } from '../engines/engine-source.ts';

const repository: string = fileURLToPath(new URL('../../', import.meta.url));
/** What a `LogCache` is made of. */
const folders: readonly string[] = [
  ...['base', 'contract', 'storage', 'log', 'key-index', 'image', 'store', 'cache'].map((layer) => `src/${layer}`),
];

/**
 * Scripts of this folder as JavaScript, in a folder of their own: a process that runs one of them starts in a third of the
 * time that the same takes from TypeScript, which counts where a thousand are started.
 */
export class BuiltScripts {
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'projection-cache-scripts-'));

  /** `files` are those of this folder that the scripts are made of. */
  constructor(files: readonly string[]) {
    writeFileSync(join(this.#directory, 'package.json'), '{ "type": "module" }');
    const sources = folders.flatMap((folder) => readdirSync(repository + folder).map((name) => `${folder}/${name}`));
    for (const file of [...sources, ...files.map((name) => `test/process/${name}`)]) {
      const target = join(this.#directory, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, transpiled(readFileSync(repository + file, 'utf8'), file));
    }
  }

  /** Where a script is, by its name in this folder. */
  script(name: string): URL {
    return pathToFileURL(join(this.#directory, 'test', 'process', name.replace(/\.ts$/, '.js')));
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
