import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeModules } from '../engines/engine-source.ts';
import { repositoryFiles } from '../tidy/repository-files.ts';

const manifest: string = fileURLToPath(new URL('../../package.json', import.meta.url));

/** An empty directory with the package installed as a user has it: as JavaScript, found by its name. */
export class InstalledPackage {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'projection-cache-installed-'));

  constructor() {
    const installed = join(this.directory, 'node_modules', 'projection-cache');
    const dist = join(installed, 'dist');
    mkdirSync(dist, { recursive: true });
    const sources = repositoryFiles('src', ['.ts']);
    writeModules(dist, new Map(sources.map(({ path, text }) => [path.slice('src/'.length), text])));
    copyFileSync(manifest, join(installed, 'package.json'));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
