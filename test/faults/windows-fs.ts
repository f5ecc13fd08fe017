import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type NodePlatform, nodePlatform } from '../../src/storage/node-fs.ts';

const { O_NOFOLLOW: _noFollow, O_NONBLOCK: _noWait, O_DIRECTORY: _directory, ...constants } = fs.constants;

/**
 * The file system of this machine with what differs on Windows, where libuv opens files so that others may open and remove
 * them meanwhile:
 * 1. A file that is removed while it is open keeps its name until the last descriptor is closed. Until then the name is
 *    listed, and everything else about it is refused with `EPERM`. (Newer versions of Node avoid it on NTFS, not on a share.)
 * 2. `fsync` of a descriptor that was opened for reading, and so of a directory, is refused with `EPERM`.
 * 3. Names that differ only in case are one name.
 * 4. There are no `O_NOFOLLOW`, `O_NONBLOCK`, no `/proc` and no types of file systems.
 *
 * One instance stands for the kernel: platforms made by it see each other's open files.
 */
export class WindowsFs {
  readonly #openPaths = new Map<number, { readonly path: string; readonly writable: boolean }>();
  readonly #removed = new Set<string>();
  /** Files that a virus scanner has open: how many more attempts to open each are refused. */
  readonly scanned: Map<string, number> = new Map();

  get openFiles(): number {
    return this.#openPaths.size;
  }

  readonly fs: typeof fs = {
    ...fs,
    constants: constants as typeof fs.constants,
    openSync: (path, flags, mode) => this.#open(String(path), Number(flags), mode),
    closeSync: (fd) => this.#close(fd),
    unlinkSync: (path) => this.#unlink(this.#existing(String(path))),
    linkSync: (from, to) => fs.linkSync(this.#existing(String(from)), this.#existing(String(to))),
    lstatSync: ((path: string, options: object) => fs.lstatSync(this.#existing(path), options)) as typeof fs.lstatSync,
    statSync: ((path: string, options: object) => fs.statSync(this.#existing(path), options)) as typeof fs.statSync,
    readdirSync: ((path: string, options: object) =>
      fs.readdirSync(this.#existing(path), options as never)) as typeof fs.readdirSync,
    fsyncSync: (fd) => this.#sync(fd, fs.fsyncSync),
    fdatasyncSync: (fd) => this.#sync(fd, fs.fdatasyncSync),
    statfsSync: (() => ({ type: 0 })) as unknown as typeof fs.statfsSync,
    readFileSync: (() => refuse('ENOENT')) as unknown as typeof fs.readFileSync,
    readlinkSync: (() => refuse('ENOENT')) as unknown as typeof fs.readlinkSync,
  };

  /** A process on this system. */
  platform(replaced: Partial<NodePlatform> = {}): NodePlatform {
    const node = nodePlatform();
    const { pid } = process;
    const kill = process.kill.bind(process);
    return { ...node, fs: this.fs, process: { pid, kill, platform: 'win32' }, pause: () => {}, ...replaced };
  }

  #open(path: string, flags: number, mode: fs.Mode | null | undefined): number {
    const found = this.#existing(path);
    const refusals = this.scanned.get(basename(found)) ?? 0;
    if (refusals > 0) {
      this.scanned.set(basename(found), refusals - 1);
      return refuse('EBUSY');
    }
    const fd = fs.openSync(found, flags, mode);
    this.#openPaths.set(fd, { path: found, writable: (flags & (constants.O_RDWR | constants.O_WRONLY)) !== 0 });
    return fd;
  }

  #close(fd: number): void {
    fs.closeSync(fd);
    const path = this.#openPaths.get(fd)?.path ?? '';
    this.#openPaths.delete(fd);
    if (!this.#removed.has(path) || this.#isOpen(path)) return;
    this.#removed.delete(path);
    fs.unlinkSync(path);
  }

  #unlink(path: string): void {
    if (this.#isOpen(path)) this.#removed.add(path);
    else fs.unlinkSync(path);
  }

  #sync(fd: number, sync: (fd: number) => void): void {
    if (this.#openPaths.get(fd)?.writable !== true) refuse('EPERM');
    sync(fd);
  }

  #isOpen(path: string): boolean {
    return [...this.#openPaths.values()].some((open) => open.path === path);
  }

  /** The path with the names as they are stored. Refuses a file that was removed. */
  #existing(path: string): string {
    const parent = dirname(path);
    if (parent === path) return path;
    const directory = fs.existsSync(parent) ? parent : this.#existing(parent);
    const names = fs.existsSync(directory) && fs.statSync(directory).isDirectory() ? fs.readdirSync(directory) : [];
    const wanted = basename(path);
    const name = names.find((each) => each.toLowerCase() === wanted.toLowerCase()) ?? wanted;
    const found = join(directory, name);
    return this.#removed.has(found) ? refuse('EPERM') : found;
  }
}

function refuse(code: string): never {
  throw Object.assign(new Error(`${code}: refused as on Windows`), { code });
}
