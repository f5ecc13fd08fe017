import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transpiled } from '../engines/engine-source.ts';
import { repositoryFiles } from '../tidy/repository-files.ts';

const manifest: string = fileURLToPath(new URL('../../package.json', import.meta.url));

/** An empty directory in which the package is installed as a user has it: JavaScript, found by its name. */
export class InstalledPackage {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'projection-cache-installed-'));

  constructor() {
    const installed = join(this.directory, 'node_modules', 'projection-cache');
    for (const { path, text } of repositoryFiles('src', ['.ts'])) {
      const target = join(installed, path.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, transpiled(text, path));
    }
    copyFileSync(manifest, join(installed, 'package.json'));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
