import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository: string = fileURLToPath(new URL('../', import.meta.url));

/** Runs a program in the repository; if it fails, this process exits with its code. */
export function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { cwd: repository, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs npm, in the repository: the npm that runs this program, if there is one. */
export function runNpm(args: readonly string[]): void {
  const { npm_execpath: npm } = process.env;
  if (npm === undefined) run('npm', args);
  else run(process.execPath, [npm, ...args]);
}

/**
 * A folder of the repository with its own `package.json`, for dependencies that are too large for everybody's `npm ci`.
 * It is installed when it is first used, and includes the Node that it runs on.
 */
export class SeparatePackage {
  readonly #folder: string;

  /** `folder`: below the repository, such as `bench/peers`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  path(file: string): string {
    return join(repository, this.#folder, file);
  }

  /** The Node that was installed with it. */
  get node(): string {
    return this.path(process.platform === 'win32' ? 'node_modules/node/bin/node.exe' : 'node_modules/node/bin/node');
  }

  install(): void {
    if (!this.#isInstalled()) runNpm(['ci', '--prefix', this.#folder, '--loglevel=error']);
  }

  /** Whether the installed packages match the lock file, of which npm leaves a copy beside them. */
  #isInstalled(): boolean {
    const [installed, wanted] = [this.path('node_modules/.package-lock.json'), this.path('package-lock.json')];
    return existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
  }
}
