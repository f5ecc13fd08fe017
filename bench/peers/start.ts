/**
 * Installs the peers in their folder, builds ours, checks the types of the adapters and starts the comparison on the Node
 * that was installed with them. The arguments are handed on.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository: string = fileURLToPath(new URL('../../', import.meta.url));
function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/** Runs a program in the repository; a failure ends this one with the same code. */
function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { cwd: repository, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs npm: the one that runs this program, where there is one. */
function runNpm(args: readonly string[]): void {
  const { npm_execpath: npm } = process.env;
  if (npm === undefined) run('npm', args);
  else run(process.execPath, [npm, ...args]);
}

/** Whether what is installed is as the lock file says, as npm leaves a copy of it behind. */
function isInstalled(): boolean {
  const [installed, wanted] = [pathOf('./node_modules/.package-lock.json'), pathOf('./package-lock.json')];
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
}

const typescript: string = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const node: string = pathOf(
  process.platform === 'win32' ? './node_modules/node/bin/node.exe' : './node_modules/node/bin/node',
);

if (!isInstalled()) runNpm(['ci', '--prefix', 'bench/peers', '--loglevel=error']);
rmSync(pathOf('./dist'), { recursive: true, force: true });
run(process.execPath, [typescript, '-p', 'tsconfig.build.json', '--outDir', 'bench/peers/dist']);
run(process.execPath, [typescript, '-p', 'bench/peers']);
run(node, ['--expose-gc', pathOf('./main.ts'), ...process.argv.slice(2)]);
