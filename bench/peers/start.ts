/**
 * Installs the peers in their folder, builds ours, checks the types of the adapters and starts the comparison on the Node
 * that was installed with them. The arguments are handed on.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository: string = fileURLToPath(new URL('../../', import.meta.url));
const npm: string = process.platform === 'win32' ? 'npm.cmd' : 'npm';

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/** Runs a command in the repository; a failure ends this program with the same code. */
function run(command: string, args: readonly string[], output: 'inherit' | 'ignore' = 'inherit'): void {
  const { status, error } = spawnSync(command, args, { cwd: repository, stdio: ['inherit', output, 'inherit'] });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
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

if (!isInstalled()) run(npm, ['ci', '--prefix', 'bench/peers', '--loglevel=error']);
rmSync(pathOf('./dist'), { recursive: true, force: true });
run(process.execPath, [typescript, '-p', 'tsconfig.build.json', '--outDir', 'bench/peers/dist']);
run(process.execPath, [typescript, '-p', 'bench/peers']);
run(node, ['--expose-gc', pathOf('./main.ts'), ...process.argv.slice(2)]);
