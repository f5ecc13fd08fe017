import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Who runs a server. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** The server refuses to run as root: then it runs as `postgres`. `undefined`: the user of this process. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? [];
  if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  throw new Error('root cannot run a PostgreSQL server, and there is no user postgres');
}

/** The first process of the server of a data directory; `undefined` when it does not run. */
export function postmasterOf(data: string): number | undefined {
  const file = join(data, 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  return pid > 0 && isRunning(pid) ? pid : undefined;
}

/** The processes of a server: the first one, then its children. */
export function processesOf(postmaster: number): number[] {
  let children = '';
  try {
    children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(postmaster)], { encoding: 'utf8' });
  } catch {
    // It has no children.
  }
  return [postmaster, ...children.split('\n').map(Number)].filter((pid) => pid > 0);
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Sends a signal to processes, some of which may have ended. */
export function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended.
    }
  }
}

/** Runs a program of the server as its user. Rejects unless it succeeds. */
export async function runAs(user: ServerUser | undefined, command: string, args: readonly string[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // No pipes: a server that was started would keep them open.
    const child = spawn(command, args, { stdio: 'ignore', cwd: tmpdir(), ...user });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}`));
    });
  });
}
