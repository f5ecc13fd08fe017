import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SeparatePackage } from '../../bench/separate-package.ts';
import type { PackedPackage } from '../scripts/packed-package.ts';
import type { Application } from './applications.ts';
import type { Bundle, BundledModule } from './bundle-checks.ts';

/** A file of this folder. */
function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

export const bundlers: readonly string[] = ['esbuild', 'rollup', 'webpack', 'vite'];

/** Builds applications and runs the results where nothing else of them is. */
export class Bundling {
  readonly #installed: SeparatePackage;
  readonly #packed: PackedPackage;
  readonly #output: string = mkdtempSync(join(tmpdir(), 'projection-cache-bundles-'));

  /** `packed`: where the applications are built. */
  constructor(installed: SeparatePackage, packed: PackedPackage) {
    this.#installed = installed;
    this.#packed = packed;
  }

  /** Throws with the output of the bundler, or of the application, if one of them fails. */
  build({ name, target }: Application, bundler: string): Bundle {
    const entry = this.#packed.add(fileOf(`applications/${name}.mjs`));
    const folder = join(this.#output, bundler);
    mkdirSync(folder, { recursive: true });
    const output = join(folder, `${name}.${target === 'node' ? 'mjs' : 'js'}`);
    const modules = JSON.parse(
      this.#node(this.#packed.directory, this.#installed.path('builders.mjs'), bundler, entry, target, output),
    ) as BundledModule[];
    const page = target === 'node' ? [] : [fileOf('page.mjs')];
    const answer = this.#node(folder, ...page, output).trim();
    return { code: readFileSync(output, 'utf8'), modules, answer };
  }

  remove(): void {
    rmSync(this.#output, { recursive: true, force: true });
  }

  #node(cwd: string, ...args: readonly string[]): string {
    const env = { ...process.env, NODE_ENV: 'production' };
    return execFileSync(process.execPath, [...args], { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  }
}
