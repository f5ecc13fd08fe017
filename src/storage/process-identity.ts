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
  /** Milliseconds from the Unix epoch to the start of the system, as the clock had it then; where there is no boot id. */
  readonly bootTimeMs: number | undefined;
  /** What is known of the machine by which it differs from others; where there is no boot id. */
  readonly machine: string | undefined;
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

/** Where every process of the machine has one number that all others can see. Elsewhere there are namespaces or jails. */
const PLATFORMS_WITHOUT_NAMESPACES: ReadonlySet<string> = new Set(['darwin', 'win32']);

const MILLISECONDS = 1_000;
const NO_ADDRESS = '00:00:00:00:00:00';
/** Of 28 addresses: a lock file is small, however many networks a machine is in. */
const MACHINE_CHARACTERS_MAX = 503;

/** Whether a pid names one process for everybody on the machine. */
export function hasOnePidSpace(platform: string): boolean {
  return PLATFORMS_WITHOUT_NAMESPACES.has(platform);
}

/** How a process learns about itself and others: by signals everywhere, from `/proc` on Linux. */
export class NodeProcessProbe {
  readonly #node: NodePlatform;

  constructor(node: NodePlatform) {
    this.#node = node;
  }

  identity(): ProcessIdentity {
    const { pid, platform } = this.#node.process;
    const trusted = this.#procIsOurs();
    const idsOfSystemMissing = hasOnePidSpace(platform);
    return {
      pid,
      platform,
      host: this.#node.os.hostname(),
      startTime: trusted ? this.#statusOf(pid)?.startTime : undefined,
      bootId: this.#readText('/proc/sys/kernel/random/boot_id')?.trim(),
      bootTimeMs: idsOfSystemMissing ? this.#bootTimeMs() : undefined,
      machine: idsOfSystemMissing ? this.#machine() : undefined,
      pidNamespace: trusted ? this.#readLink('/proc/self/ns/pid') : undefined,
      timeNamespace: trusted ? this.#readLink('/proc/self/ns/time') : undefined,
    };
  }

  look(pid: number): ProcessSight {
    try {
      this.#node.process.kill(pid, 0);
    } catch (error) {
      if (errnoOf(error) === 'ESRCH') return 'absent';
      // EPERM: it is there and belongs to someone else. Any other answer proves nothing.
    }
    // That `/proc` does not show it proves nothing either: it can be mounted so that it hides other users' processes.
    const status = this.#procIsOurs() ? this.#statusOf(pid) : undefined;
    if (status === undefined) return { startTime: undefined };
    return status.ended ? 'ended' : { startTime: status.startTime };
  }

  #bootTimeMs(): number | undefined {
    return undefinedIfRefused(() => Math.round(this.#node.now() - this.#node.os.uptime() * MILLISECONDS));
  }

  /**
   * The hardware addresses of all network interfaces: macOS and Windows have ids of a machine, but none that Node can read
   * without starting a program. A single address proves little, as some network drivers bring the same one to every
   * machine; and those that are up change. So all of them count, in one order.
   */
  #machine(): string | undefined {
    const addresses = undefinedIfRefused(() =>
      Object.values(this.#node.os.networkInterfaces()).flatMap((list) => (list ?? []).map(({ mac }) => mac)),
    );
    const own = new Set(addresses?.filter((address) => address !== NO_ADDRESS));
    return own.size === 0 ? undefined : [...own].sort().join().slice(0, MACHINE_CHARACTERS_MAX);
  }

  /** A `/proc` that was mounted in another pid namespace shows other processes under the same numbers. */
  #procIsOurs(): boolean {
    return this.#readLink('/proc/self') === String(this.#node.process.pid);
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

function undefinedIfRefused<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
