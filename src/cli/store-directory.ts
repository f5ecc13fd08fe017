import { StoreError } from '../base/store-error.ts';
import { LogCache } from '../cache/log-cache.ts';
import { nodePlatform, resolveDirectory } from '../storage/node-fs.ts';
import { NodeStorage } from '../storage/node-storage.ts';
import type { StorageDirectory } from '../storage/storage-backend.ts';
import { type ListedLog, listLogs } from '../store/log-listing.ts';
import type { StoreEventHandler } from '../store/store-event.ts';
import type { CommandCall } from './command.ts';
import { CommandFailure, ExitCode, readFailure } from './exit-codes.ts';
import { warningOf } from './store-warnings.ts';

/** The longest wait for a lock that `--wait` accepts, in milliseconds. */
const WAIT_MS_MAX: number = 2 ** 31 - 1;
/** Names of the store that do not make a directory a store. */
const OWN_NAME = /^LOCK(?:\.[0-9a-f]{32}(?:\.new)?)?$|^\d{6,}\.(?:log|index)(?:\.\d+\.corrupt)?$/;

/** What a directory holds, before anything in it is opened as a store. */
export interface DirectoryContents {
  /** Its absolute path. */
  readonly path: string;
  readonly directory: StorageDirectory;
  readonly logs: readonly ListedLog[];
  /** Files and directories that the store does not have. */
  readonly foreign: readonly string[];
}

/** The contents of a directory; `undefined` if there is none. Throws `CommandFailure` for a file in its place, and `IO`. */
export function contentsOf(path: string): DirectoryContents | undefined {
  const node = nodePlatform();
  const absolute = resolveDirectory(node, path);
  try {
    const stats = node.fs.statSync(absolute, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isDirectory()) throw new CommandFailure(ExitCode.noStore, `${absolute} is a file: name a directory`);
    const directory = new NodeStorage(node).openDirectory(absolute, { create: false });
    const foreign = node.fs.readdirSync(absolute).filter((name) => !OWN_NAME.test(name));
    return { path: absolute, directory, logs: listLogs(directory), foreign };
  } catch (error) {
    if (error instanceof CommandFailure || error instanceof StoreError) throw error;
    throw readFailure(absolute, error);
  }
}

/** The contents of a directory that has a log, readable or not. Throws `CommandFailure` for every other. */
export function contentsWithLogs(path: string): DirectoryContents {
  const contents = contentsOf(path);
  const absolute = resolveDirectory(nodePlatform(), path);
  if (contents === undefined) throw new CommandFailure(ExitCode.noStore, `${absolute} does not exist`);
  if (contents.logs.length > 0) return contents;
  const what = contents.foreign.length === 0 ? 'it is empty' : `it holds ${exampleOf(contents.foreign)}`;
  throw new CommandFailure(
    ExitCode.noStore,
    `there is no store in ${absolute}: ${what}. Name the directory of a store`,
  );
}

/** Runs `use` with the store of the call, which is opened without a lock and changes nothing. Throws `CommandFailure`. */
export async function withReader<Result>(
  call: CommandCall,
  use: (cache: LogCache) => Result | Promise<Result>,
): Promise<Result> {
  const cache = openReader(call, warningsOf(call));
  try {
    return await use(cache);
  } finally {
    cache.close();
  }
}

/** The store of the call, without a lock. Throws `CommandFailure`. */
export function openReader(call: CommandCall, onEvent: StoreEventHandler): LogCache {
  const contents = contentsWithLogs(call.args.directory);
  const cache = LogCache.open(contents.path, { readOnly: true, onEvent });
  if (cache.stats().recovery.generation > 0) return cache;
  cache.close();
  throw notReadable(contents);
}

/**
 * Whether a writer has replaced the log of this generation. A reader that has it open then misses entries that are not
 * damaged, as the writer truncates the old log.
 */
export function isReplaced(call: CommandCall, generation: number): boolean {
  const logs = contentsOf(call.args.directory)?.logs ?? [];
  const isThere = logs.some((log) => log.generation === generation);
  return !isThere || logs.some((log) => log.generation > generation && log.durable > 0);
}

/** How `withWriter` opens a store. */
export interface WriterTerms {
  /** Whether an absent or empty directory becomes a store; with `--create` any other too. */
  readonly creates: boolean;
  readonly signal?: AbortSignal;
}

/** Runs `use` with the store of the call, which is locked meanwhile, and closes it durably. Throws `CommandFailure`. */
export async function withWriter<Result>(
  call: CommandCall,
  { creates, signal }: WriterTerms,
  use: (cache: LogCache) => Result | Promise<Result>,
): Promise<Result> {
  const waitForLockMs = call.args.integer('wait', 0, WAIT_MS_MAX) ?? 0;
  const path = writablePath(call, creates);
  const options = { waitForLockMs, onEvent: warningsOf(call) };
  const cache = await LogCache.openAsync(path, signal === undefined ? options : { ...options, signal });
  let result: Result;
  try {
    result = await use(cache);
  } catch (error) {
    // The first failure is the one to report.
    try {
      cache.close();
    } catch {}
    throw error;
  }
  cache.close();
  return result;
}

function writablePath(call: CommandCall, creates: boolean): string {
  const path = call.args.directory;
  if (!creates) return pathOfStore(contentsWithLogs(path));
  const contents = contentsOf(path);
  if (contents === undefined || (contents.logs.length === 0 && contents.foreign.length === 0)) {
    const absolute = resolveDirectory(nodePlatform(), path);
    call.warn(`creating a store in ${absolute}`);
    return absolute;
  }
  if (call.args.flag('create') || contents.logs.some(isReadable)) return contents.path;
  if (contents.logs.length > 0) {
    const refusal = notReadable(contents);
    throw new CommandFailure(refusal.exitCode, `${refusal.message}. To start an empty store there: --create`);
  }
  throw new CommandFailure(
    ExitCode.noStore,
    `there is no store in ${contents.path}: it holds ${exampleOf(contents.foreign)}. ` +
      'Name another directory, or start a store there with --create',
  );
}

function pathOfStore(contents: DirectoryContents): string {
  if (!contents.logs.some(isReadable)) throw notReadable(contents);
  return contents.path;
}

/** Whether the file says that it is the log of its name, of this version or a newer one. */
function isReadable({ header, generation }: ListedLog): boolean {
  return header?.generation === generation;
}

function notReadable({ path, logs }: DirectoryContents): CommandFailure {
  const names = logs.map(({ name }) => name).join(', ');
  return new CommandFailure(
    ExitCode.noStore,
    `there is no store in ${path} that can be read: ${names} is damaged, not whole or of another program. ` +
      `See what is there: projection-cache log ${path}`,
  );
}

/** One name, so that a person recognises the directory. */
function exampleOf(names: readonly string[]): string {
  const [first = ''] = [...names].sort();
  return names.length === 1 ? first : `${first} and ${names.length - 1} more`;
}

export function warningsOf(call: CommandCall): StoreEventHandler {
  return (event) => {
    const warning = warningOf(event);
    if (warning !== undefined) call.warn(warning);
  };
}
