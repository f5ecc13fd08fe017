import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SeparatePackage } from '../../bench/separate-package.ts';
import type { PackedPackage } from '../scripts/packed-package.ts';
import { gzipBytesOf } from './bundle-checks.ts';

/** A server needs this long to start on a loaded machine. */
const START_MS_MAX = 60_000;

/** What was built, and how it answered. */
export interface NextResult {
  /** The answers to two requests, and to one after a kill and a start. */
  readonly answers: readonly string[];
  /** Of the code that the server loads for the route, with the package in it. */
  readonly routeBytes: number;
  readonly routeGzipBytes: number;
}

/** Builds the application of the folder `next` as a standalone server, moves it elsewhere, and asks it. */
export async function runNextApplication(installed: SeparatePackage, packed: PackedPackage): Promise<NextResult> {
  const project = packed.directory;
  cpSync(fileURLToPath(new URL('next', import.meta.url)), project, { recursive: true });
  const env = { ...process.env, NODE_ENV: 'production' as const, NEXT_TELEMETRY_DISABLED: '1', CACHE_DIRECTORY: '' };
  const next = installed.path('node_modules/next/dist/bin/next');
  try {
    execFileSync(process.execPath, [next, 'build'], { cwd: project, env, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`next build failed:\n${stdout}\n${stderr}`, { cause: error });
  }
  const moved = mkdtempSync(join(tmpdir(), 'projection-cache-next-'));
  try {
    cpSync(join(project, '.next', 'standalone'), moved, { recursive: true, verbatimSymlinks: true });
    const server = filesBelow(moved).find((path) => path.endsWith('/server.js') && !path.includes('node_modules'));
    if (server === undefined) throw new Error('next build made no server.js');
    const cache = join(moved, 'cache');
    const answers = [...(await ask(server, cache, 2)), ...(await ask(server, cache, 1))];
    const route = filesBelow(join(project, '.next', 'server')).filter(
      (path) => path.endsWith('.js') && readFileSync(path, 'utf8').includes('openAsync'),
    );
    const codes = route.map((path) => readFileSync(path, 'utf8'));
    return {
      answers,
      routeBytes: codes.reduce((sum, code) => sum + code.length, 0),
      routeGzipBytes: codes.reduce((sum, code) => sum + gzipBytesOf(code), 0),
    };
  } finally {
    rmSync(moved, { recursive: true, force: true });
  }
}

/** Starts the server, sends requests one after the other, and kills it. */
async function ask(server: string, cache: string, requests: number): Promise<string[]> {
  const port = await freePort();
  const env = {
    ...process.env,
    NODE_ENV: 'production' as const,
    PORT: String(port),
    HOSTNAME: '127.0.0.1',
    CACHE_DIRECTORY: cache,
  };
  const child = spawn(process.execPath, [server], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const answers: string[] = [];
    while (answers.length < requests) answers.push(await answerOf(`http://127.0.0.1:${port}/orders`));
    return answers;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function answerOf(url: string): Promise<string> {
  for (const end = performance.now() + START_MS_MAX; ; ) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(50);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function filesBelow(directory: string): string[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((path) => join(directory, path));
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}
