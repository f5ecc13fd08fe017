import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

// The git of the tests must not see the user's settings, nor the variables of a git hook that runs the tests.
for (const name of Object.keys(process.env)) if (name.startsWith('GIT_')) delete process.env[name];
process.env['GIT_CONFIG_GLOBAL'] = '/dev/null';
process.env['GIT_CONFIG_NOSYSTEM'] = '1';

/** A git repository in the temporary directory of the system. */
export class ThrowawayRepository {
  readonly path: string;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'git-history-test-'));
    this.git('init', '--quiet', '--initial-branch=main');
  }

  /** Runs git with a fixed author and time, and returns its output. */
  git(...args: readonly string[]): string {
    return this.gitAt('2024-01-01T00:00:00Z', ...args);
  }

  /** Writes files (`null` removes one) and commits them at `date`, an ISO 8601 time. */
  commit(date: string, files: Readonly<Record<string, string | Uint8Array | null>>): void {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.path, name);
      if (content === null) {
        rmSync(file);
      } else {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    }
    this.gitAt(date, 'add', '--all');
    this.gitAt(date, 'commit', '--quiet', '--allow-empty', '--message', `commit of ${date}`);
  }

  /** Like `git`, at `date`. */
  gitAt(date: string, ...args: readonly string[]): string {
    const people = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_AUTHOR_DATE: date };
    const committers = { GIT_COMMITTER_NAME: 'C', GIT_COMMITTER_EMAIL: 'c@example.org', GIT_COMMITTER_DATE: date };
    return execFileSync('git', args, {
      cwd: this.path,
      env: { ...process.env, ...people, ...committers },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Feeds commands to `git fast-import`, which makes thousands of commits a second. */
  fastImport(commands: string): void {
    const result = spawnSync('git', ['fast-import', '--quiet'], {
      cwd: this.path,
      input: commands,
      encoding: 'utf8',
    });
    if (result.status !== 0) throw new Error(`git fast-import: ${result.stderr}`);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
