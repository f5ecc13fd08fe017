import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const WHERE_INSTALLED = ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt', '/usr/local/opt'];
/** Where files are in memory: a sync costs nothing there, and the tests end in half the time. */
const IN_MEMORY = '/dev/shm';
const INSTALL = 'install a server, such as with `apt-get install postgresql`, or set PGBIN to the directory of initdb';

/** How a private server is started. */
export interface PrivateServerOptions {
  /** Settings of the server, such as `{ synchronous_commit: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * A PostgreSQL server of its own for tests, from the packages of the machine: in a temporary directory, on a free port of the
 * loopback address. The server refuses to run as root: then it runs as the user `postgres`.
 */
export class PrivateServer {
  readonly #bin: string;
  readonly #directory: string;
  readonly #options: PrivateServerOptions;
  readonly port: number;
  /** Of a superuser without a password. */
  readonly url: string;

  private constructor(bin: string, directory: string, port: number, options: PrivateServerOptions) {
    this.#bin = bin;
    this.#directory = directory;
    this.#options = options;
    this.port = port;
    this.url = `postgres://tester@127.0.0.1:${port}/postgres`;
  }

  /** Throws an `Error` that says what to install where there is no server. */
  static async start(options: PrivateServerOptions = {}): Promise<PrivateServer> {
    const bin = binaries();
    const directory = mkdtempSync(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'projection-cache-pg-'));
    const server = new PrivateServer(bin, directory, await freePort(), options);
    try {
      await handOver(directory);
      await asUser(join(bin, 'initdb'), [
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

  /** The process of the server; `undefined` when it does not run. */
  get pid(): number | undefined {
    const file = join(this.#data, 'postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
  }

  /** Starts it after `kill` or `shutDown`, with the same data, and waits until it accepts connections. */
  async startAgain(): Promise<void> {
    const settings = {
      port: String(this.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.#directory,
      max_connections: '120',
      ...this.#options.settings,
    };
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
    const log = join(this.#directory, 'log');
    await asUser(join(this.#bin, 'pg_ctl'), [
      ...['start', '--wait', '--silent', '--pgdata', this.#data, '--log', log, '--timeout', '60'],
      ...['--options', options.join(' ')],
    ]);
  }

  /** Ends it as a crash does: no checkpoint, connections cut. */
  async kill(): Promise<void> {
    await this.#end('immediate');
  }

  /** Ends it in order, and keeps its data. */
  async shutDown(): Promise<void> {
    await this.#end('fast');
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    if (this.pid !== undefined) await this.#end('immediate');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Stops all its processes where they are, as an overloaded machine does; `resume` lets them continue. */
  async hang(): Promise<void> {
    await this.#signal('-STOP');
  }

  async resume(): Promise<void> {
    await this.#signal('-CONT');
  }

  async #signal(signal: string): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) throw new Error('the server does not run');
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]);
    const pids = stdout.split('\n').map((line) => line.trim());
    await run('kill', [signal, String(pid), ...pids.filter((one) => one !== '')]).catch(() => {});
  }

  async #end(mode: 'immediate' | 'fast'): Promise<void> {
    await asUser(join(this.#bin, 'pg_ctl'), ['stop', '--wait', '--silent', '--pgdata', this.#data, '--mode', mode]);
  }
}

/** The directory of `initdb`, `pg_ctl` and `postgres`. */
function binaries(): string {
  const own = process.env['PGBIN'];
  const places = own === undefined ? WHERE_INSTALLED.flatMap(versionsIn) : [own];
  const found = places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'pg_ctl')));
  if (found === undefined) throw new Error(`no PostgreSQL server on this machine (${places.join(', ')}): ${INSTALL}`);
  return found;
}

function versionsIn(place: string): string[] {
  if (!existsSync(place)) return [];
  const versions = readdirSync(place).sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
  return versions.map((version) => join(place, version, 'bin'));
}

const isRoot: boolean = process.getuid?.() === 0;
let owner: { readonly uid: number; readonly gid: number } | undefined;

async function unprivileged(): Promise<{ readonly uid: number; readonly gid: number }> {
  if (owner !== undefined) return owner;
  const id = async (option: string): Promise<number> => Number((await run('id', [option, 'postgres'])).stdout);
  try {
    owner = { uid: await id('-u'), gid: await id('-g') };
    return owner;
  } catch (error) {
    throw new Error('root cannot run a PostgreSQL server, and there is no user postgres', { cause: error });
  }
}

async function handOver(directory: string): Promise<void> {
  mkdirSync(join(directory, 'data'), { mode: 0o700 });
  if (!isRoot) return;
  const { uid, gid } = await unprivileged();
  await chown(directory, uid, gid);
  await chown(join(directory, 'data'), uid, gid);
}

async function asUser(command: string, args: readonly string[]): Promise<void> {
  const user = isRoot ? await unprivileged() : {};
  await new Promise<void>((resolve, reject) => {
    // No pipes: a server that was started would keep them open.
    const child = spawn(command, args, {
      stdio: 'ignore',
      cwd: tmpdir(),
      ...user,
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}`));
    });
  });
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
