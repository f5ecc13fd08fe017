import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverBinaries } from './server-binaries.ts';
import { isRunning, postmasterOf, processesOf, runAs, type ServerUser, serverUser, signal } from './server-process.ts';

/** Where files are in memory: a sync costs nothing there, and the tests end in half the time. */
const IN_MEMORY = '/dev/shm';

/** How a private server is started. */
export interface PrivateServerOptions {
  /** Settings of the server, such as `{ synchronous_commit: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * A PostgreSQL server of its own for tests, from the packages of the machine: in a temporary directory, on a free port of the
 * loopback address. It ends with this process, however that ends.
 */
export class PrivateServer {
  readonly #bin: string;
  readonly #directory: string;
  readonly #user: ServerUser | undefined = serverUser();
  readonly #guard: ChildProcess;
  readonly #options: PrivateServerOptions;
  readonly port: number;
  /** Of a superuser without a password. */
  readonly url: string;

  private constructor(bin: string, port: number, options: PrivateServerOptions) {
    this.#bin = bin;
    this.#directory = mkdtempSync(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'projection-cache-pg-'));
    this.#guard = guardOf(bin, this.#directory);
    this.#options = options;
    this.port = port;
    this.url = `postgres://tester@127.0.0.1:${port}/postgres`;
  }

  /** Throws an `Error` that says what to install where there is no server. */
  static async start(options: PrivateServerOptions = {}): Promise<PrivateServer> {
    const server = new PrivateServer(serverBinaries(), await freePort(), options);
    try {
      server.#handOver();
      await server.#run('initdb', [
        ...['--pgdata', server.#data, '--username', 'tester', '--auth', 'trust'],
        ...['--encoding', 'UTF8', '--no-locale', '--no-sync'],
      ]);
      await server.startAgain();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }

  /** A directory that is removed with the server. */
  directory(name: string): string {
    const path = join(this.#directory, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Starts it after its end, with the same data, and waits until it accepts connections. */
  async startAgain(): Promise<void> {
    const settings = {
      port: String(this.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.#directory,
      max_connections: '120',
      // In the directory of the server, and removed with it.
      dynamic_shared_memory_type: 'mmap',
      ...this.#options.settings,
    };
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
    await this.#run('pg_ctl', [
      ...['start', '--wait', '--silent', '--pgdata', this.#data, '--log', join(this.#directory, 'log')],
      ...['--timeout', '60', '--options', options.join(' ')],
    ]);
  }

  /** Ends it as a crash does: no checkpoint, connections cut. */
  async kill(): Promise<void> {
    await this.#run('pg_ctl', ['stop', '--wait', '--silent', '--pgdata', this.#data, '--mode', 'immediate']);
  }

  /** Ends it in order, with a checkpoint. */
  async shutDown(): Promise<void> {
    await this.#run('pg_ctl', ['stop', '--wait', '--silent', '--pgdata', this.#data, '--mode', 'fast']);
  }

  /** Kills its first process; the others notice that and end by themselves. */
  async killFirstProcess(): Promise<void> {
    const [postmaster = 0, ...others] = this.#processes();
    signal([postmaster], 'SIGKILL');
    while ([postmaster, ...others].some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Ends it if it runs, and removes its directory. */
  async stop(): Promise<void> {
    if (this.#guard.exitCode !== null) return;
    // The process waits for it now, also if nothing else keeps it running.
    this.#guard.ref();
    const ended = once(this.#guard, 'exit');
    this.#guard.stdin?.end();
    await ended;
  }

  /** Stops all its processes where they are, as an overloaded machine does; `resume` lets them continue. */
  hang(): void {
    signal(this.#processes(), 'SIGSTOP');
  }

  resume(): void {
    signal(this.#processes(), 'SIGCONT');
  }

  #processes(): number[] {
    const postmaster = postmasterOf(this.#data);
    if (postmaster === undefined) throw new Error('the server does not run');
    return processesOf(postmaster);
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    await runAs(this.#user, join(this.#bin, program), args);
  }

  #handOver(): void {
    mkdirSync(this.#data, { mode: 0o700 });
    if (this.#user === undefined) return;
    for (const path of [this.#directory, this.#data]) chownSync(path, this.#user.uid, this.#user.gid);
  }
}

function guardOf(bin: string, directory: string): ChildProcess {
  const script = fileURLToPath(new URL('server-guard.ts', import.meta.url));
  // Detached: Ctrl-C does not reach it.
  const guard = spawn(process.execPath, ['--import', 'tsx', script, bin, directory], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  guard.unref();
  return guard;
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
