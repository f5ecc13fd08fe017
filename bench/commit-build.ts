import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository: string = fileURLToPath(new URL('../', import.meta.url));
const sources: readonly string[] = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const archiveBytesMax: number = 256 * 1024 * 1024;

/** The full name of a commit; `undefined` if the repository has no such commit, or if there is no repository. */
export function commitNamed(name: string): string | undefined {
  try {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
    return execFileSync('git', args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/**
 * Builds the sources of a commit in `directory`, which it creates, with the compiler of this checkout; returns the
 * index.
 */
export function buildCommit(commit: string, directory: string): string {
  mkdirSync(directory);
  const archive = execFileSync('git', ['archive', '--format=tar', commit, ...sources], {
    cwd: repository,
    maxBuffer: archiveBytesMax,
  });
  execFileSync('tar', ['-x', '-C', directory], { input: archive });
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'), 'dir');
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  // Its types were checked when it was committed.
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noCheck'], {
    cwd: directory,
    stdio: 'inherit',
  });
  return join(directory, 'dist', 'index.js');
}
