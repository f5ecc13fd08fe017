import { errnoOf } from '../base/store-error.ts';
import type { NodePlatform } from './node-fs.ts';

/** Which process something belongs to, in terms that another process can check. `undefined`: the platform cannot tell. */
export interface ProcessIdentity {
  readonly pid: number;
  /** `process.platform`. */
  readonly platform: string;
  readonly host: string;
  /** Clock ticks from boot to the start of the process, in decimal: tells a process from an earlier one with its pid. */
  readonly startTime: string | undefined;
  /** Names one run of one kernel. */
  readonly bootId: string | undefined;
  /** Pids are only comparable within one of these. */
  readonly pidNamespace: string | undefined;
  /** Start times are only comparable within one of these. */
  readonly timeNamespace: string | undefined;
}

/**
 * What there is to see of a pid: `absent`, there is no such process; `ended`, it can run no more and only waits for its
 * parent to ask how it ended; else when it started, where that can be told.
 */
export type ProcessSight = 'absent' | 'ended' | { readonly startTime: string | undefined };

/** How a process learns about itself and others: by signals everywhere, from `/proc` on Linux. */
export class NodeProcessProbe {
  readonly #node: NodePlatform;

  constructor(node: NodePlatform) {
    this.#node = node;
  }

  identity(): ProcessIdentity {
    const { pid, platform } = globalThis.process;
    const trusted = this.#procIsOurs();
    return {
      pid,
      platform,
      host: this.#node.os.hostname(),
      startTime: trusted ? this.#statusOf(pid)?.startTime : undefined,
      bootId: this.#readText('/proc/sys/kernel/random/boot_id')?.trim(),
      pidNamespace: trusted ? this.#readLink('/proc/self/ns/pid') : undefined,
      timeNamespace: trusted ? this.#readLink('/proc/self/ns/time') : undefined,
    };
  }

  look(pid: number): ProcessSight {
    try {
      globalThis.process.kill(pid, 0);
    } catch (error) {
      if (errnoOf(error) === 'ESRCH') return 'absent';
      // EPERM: it is there and belongs to someone else. Any other answer proves nothing.
    }
    // That `/proc` does not show it proves nothing either: it can be mounted so that it hides other users' processes.
    const status = this.#procIsOurs() ? this.#statusOf(pid) : undefined;
    if (status === undefined) return { startTime: undefined };
    return status.ended ? 'ended' : { startTime: status.startTime };
  }

  /** A `/proc` that was mounted in another pid namespace shows other processes under the same numbers. */
  #procIsOurs(): boolean {
    return this.#readLink('/proc/self') === String(globalThis.process.pid);
  }

  #statusOf(pid: number): ProcessStatus | undefined {
    const text = this.#readText(`/proc/${pid}/stat`);
    return text === undefined ? undefined : parseProcessStatus(text);
  }

  #readText(path: string): string | undefined {
    return undefinedIfRefused(() => this.#node.fs.readFileSync(path, 'utf8'));
  }

  #readLink(path: string): string | undefined {
    return undefinedIfRefused(() => this.#node.fs.readlinkSync(path));
  }
}

interface ProcessStatus {
  readonly startTime: string;
  readonly ended: boolean;
}

// Places in /proc/<pid>/stat after the command, as proc(5) numbers them from 1, where the first one is number 3.
const FIRST_FIELD = 3;
const STATE_FIELD: number = 3 - FIRST_FIELD;
const THREADS_FIELD: number = 20 - FIRST_FIELD;
const START_TIME_FIELD: number = 22 - FIRST_FIELD;
const ENDED_STATES = 'ZXx';

/** Reads what `/proc/<pid>/stat` holds; `undefined` where it does not look as documented. */
export function parseProcessStatus(text: string): ProcessStatus | undefined {
  // The command stands in parentheses and may hold spaces and parentheses itself; behind the last one there are none.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[STATE_FIELD];
  const startTime = fields[START_TIME_FIELD];
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return undefined;
  // A process whose first thread has ended may have others that still finish a write.
  return { startTime, ended: ENDED_STATES.includes(state) && Number(fields[THREADS_FIELD]) <= 1 };
}

function undefinedIfRefused(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
