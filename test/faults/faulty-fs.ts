import fs from 'node:fs';
import { type NodePlatform, nodePlatform } from '../../src/storage/node-fs.ts';

/** The errnos of each kind of call. `openSync` with `O_CREAT` is treated like any other. */
const ERRNOS = {
  openSync: ['EIO', 'EMFILE'],
  closeSync: ['EIO'],
  readSync: ['EIO'],
  writeSync: ['ENOSPC'],
  fsyncSync: ['EIO'],
  fdatasyncSync: ['EIO'],
  ftruncateSync: ['EIO'],
  fstatSync: ['EIO'],
  lstatSync: ['EACCES'],
  statSync: ['EACCES'],
  statfsSync: ['ENOSYS'],
  mkdirSync: ['EACCES'],
  readdirSync: ['EMFILE'],
  linkSync: ['EIO', 'EPERM'],
  unlinkSync: ['EIO', 'EACCES'],
  readFileSync: ['EMFILE'],
  readlinkSync: ['EIO'],
} as const;

export type FsCall = keyof typeof ERRNOS;

/** Calls that may have taken effect although they fail. `closeSync` always has: the descriptor is closed. */
const MAY_BE_DONE: ReadonlySet<FsCall> = new Set(['closeSync', 'linkSync', 'unlinkSync']);

/** One call that fails, or all calls of its kind from there on. */
export interface FsFault {
  /** Which call, counted from 0. */
  readonly at: number;
  readonly call: FsCall;
  readonly errno: string;
  readonly done: boolean;
  readonly lasting: boolean;
}

/** All faults for a run that makes these calls. */
export function faultsOf(calls: readonly FsCall[]): FsFault[] {
  return calls.flatMap((call, at) =>
    ERRNOS[call].flatMap((errno) => {
      const ways = [false, true].filter((done) => (done ? MAY_BE_DONE.has(call) : call !== 'closeSync'));
      return ways.flatMap((done) => [false, true].map((lasting) => ({ at, call, errno, done, lasting })));
    }),
  );
}

const nothing = (): void => {};

/** The real file system without syncs and pauses: durability does not matter here. */
export const hastyPlatform: NodePlatform = {
  ...nodePlatform(),
  fs: { ...fs, fsyncSync: nothing, fdatasyncSync: nothing },
  pause: nothing,
};

/** Like `hastyPlatform`, but some calls fail; it counts open descriptors. */
export class FaultyFs {
  readonly platform: NodePlatform;
  /** The calls so far, in order. */
  readonly calls: FsCall[] = [];
  readonly openDescriptors: Map<number, string> = new Map();
  fault: FsFault | undefined;

  /** `linked: false`: a file system without links; `clockStepMs`: how far the clock advances each time it is read. */
  constructor(options: { readonly linked: boolean; readonly clockStepMs?: number }) {
    const replaced: Partial<Record<FsCall, unknown>> = {};
    for (const call of Object.keys(ERRNOS) as FsCall[]) {
      replaced[call] = (...args: unknown[]): unknown => this.#perform(call, args, options.linked);
    }
    const { clockStepMs = 0 } = options;
    let now = 0;
    const elapsed = (): number => {
      now += clockStepMs;
      return now;
    };
    this.platform = { ...hastyPlatform, elapsed, fs: { ...fs, ...(replaced as Partial<typeof fs>) } };
  }

  #perform(call: FsCall, args: unknown[], linked: boolean): unknown {
    const fails = this.#fails(call);
    this.calls.push(call);
    if (call === 'linkSync' && !linked) throw errno('EPERM');
    if (fails !== undefined && !fails.done) throw errno(fails.errno);
    const result = (hastyPlatform.fs[call] as (...args: unknown[]) => unknown)(...args);
    if (call === 'openSync') this.openDescriptors.set(Number(result), String(args[0]));
    if (call === 'closeSync') this.openDescriptors.delete(Number(args[0]));
    if (fails !== undefined) throw errno(fails.errno);
    return result;
  }

  #fails(call: FsCall): FsFault | undefined {
    const { fault } = this;
    const count = this.calls.length;
    if (fault === undefined || fault.call !== call) return undefined;
    return count === fault.at || (fault.lasting && count > fault.at) ? fault : undefined;
  }
}

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: made to fail by the test`), { code });
}
