import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runNpm } from '../../bench/separate-package.ts';

/** A directory in which the package is installed as users get it: built, packed, and installed from the packed file by npm. */
export class PackedPackage {
  readonly directory: string;

  /** `parent`: where to create the directory. By default that for temporary files. */
  constructor(parent: string = tmpdir()) {
    mkdirSync(parent, { recursive: true });
    this.directory = mkdtempSync(join(parent, 'projection-cache-packed-'));
    writeFileSync(
      join(this.directory, 'package.json'),
      '{ "name": "application", "type": "module", "private": true }\n',
    );
    runNpm(['pack', '--silent', '--pack-destination', this.directory]);
    const packed = readdirSync(this.directory).find((name) => name.endsWith('.tgz')) ?? '';
    const quietly = ['--loglevel=error', '--no-audit', '--no-fund', '--offline', '--no-save'];
    runNpm(['install', '--prefix', this.directory, ...quietly, join(this.directory, packed)]);
  }

  /** Copies a file into the directory and returns its path there. */
  add(file: string): string {
    const target = join(this.directory, basename(file));
    copyFileSync(file, target);
    return target;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
