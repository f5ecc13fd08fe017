import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { SeparatePackage } from '../../bench/separate-package.ts';
import type { Runtime } from './runtime-program.ts';

const nodeVersions: readonly number[] = [20, 22, 24, 26];

/** The name of this machine in the packages of Bun; Node and Deno use that of `process.arch`. */
const bunArch: string = process.arch === 'arm64' ? 'aarch64' : process.arch;

/** A runtime with its version. */
export interface InstalledRuntime extends Runtime {
  readonly version: string;
}

/** The runtimes of this folder's lock file. Throws if npm has not installed one of them. */
export function installedRuntimes(installed: SeparatePackage): InstalledRuntime[] {
  const machine = `${process.platform}-${process.arch}`;
  const found = (name: string, packageName: string, binary: string, args: readonly string[] = []): InstalledRuntime => {
    const program = installed.path(`node_modules/${packageName}/${binary}`);
    if (!existsSync(program)) {
      throw new Error(
        `${name} is not installed: the package ${packageName} is missing in test/runtimes/installed/node_modules. ` +
          'Run `npm ci --prefix test/runtimes/installed` and look at its output; there are packages for Linux with glibc only.',
      );
    }
    const version = /\d+\.\d+\.\d+/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[0] ?? '?';
    return { name, version, command: [program, ...args] };
  };
  return [
    ...nodeVersions.map((major) => found(`Node ${major}`, `node${major}-${machine}`, 'bin/node')),
    found('Bun', `@oven/bun-${process.platform}-${bunArch}`, 'bin/bun'),
    found('Deno', `@deno/${machine}-glibc`, 'deno', ['run', '--quiet', '--allow-all']),
  ];
}
