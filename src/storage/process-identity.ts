import { errnoOf } from '../base/store-error.ts';
import type { NodePlatform } from './node-fs.ts';

/**
 * Identifies a process in terms that another process can check. `undefined`: the platform does not provide the value.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** `process.platform`. */
  readonly platform: string;
  readonly host: string;
  /**
   * Clock ticks from boot to the start of the process, in decimal: distinguishes it from an earlier process with its
   * pid.
   */
  readonly startTime: string | undefined;
  /** Identifies one run of one kernel. */
  readonly bootId: string | undefined;
  /**
   * When the system started, in milliseconds since the Unix epoch by the clock of that time; only where there is no
   * boot id.
   */
  readonly bootTimeMs: number | undefined;
  /** What distinguishes the machine from others; only where there is no boot id. */
  readonly machine: string | undefined;
  /** Pids are comparable only within one pid namespace. */
  readonly pidNamespace: string | undefined;
  /** Start times are comparable only within one time namespace. */
  readonly timeNamespace: string | undefined;
}

/**
 * What is visible of a pid. `absent`: there is no such process. `ended`: it has stopped and waits for its parent to
 * collect its exit status. Otherwise its start time, if known.
 */
export type ProcessState = 'absent' | 'ended' | { readonly startTime: string | undefined };

/** Platforms on which all processes of a machine share one pid space. Others have namespaces or jails. */
const PLATFORMS_WITHOUT_NAMESPACES: ReadonlySet<string> = new Set(['darwin', 'win32']);

const MILLISECONDS = 1_000;
const NO_ADDRESS = '00:00:00:00:00:00';
/** Room for 28 addresses: it keeps the lock file small on a machine with many networks. */
const MACHINE_CHARACTERS_MAX = 503;

/** Whether a pid names the same process for every process of the machine. */
export function hasOnePidSpace(platform: string): boolean {
  return PLATFORMS_WITHOUT_NAMESPACES.has(platform);
}

/** How a process inspects itself and others: by signals everywhere, and by `/proc` on Linux. */
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

  look(pid: number): ProcessState {
    try {
      this.#node.process.kill(pid, 0);
    } catch (error) {
      if (errnoOf(error) === 'ESRCH') return 'absent';
      // EPERM: it exists and belongs to another user. Any other error proves nothing.
    }
    // A missing entry in `/proc` proves nothing either: a mount option can hide other users' processes.
    const status = this.#procIsOurs() ? this.#statusOf(pid) : undefined;
    if (status === undefined) return { startTime: undefined };
    return status.ended ? 'ended' : { startTime: status.startTime };
  }

  #bootTimeMs(): number | undefined {
    return undefinedIfRefused(() => Math.round(this.#node.now() - this.#node.os.uptime() * MILLISECONDS));
  }

  /**
   * The hardware addresses of all network interfaces. macOS and Windows have machine ids, but Node cannot read those
   * without starting a program. A single address proves little, as some network drivers use the same one on every
   * machine, and the set of interfaces that are up changes. So all addresses are used, sorted.
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

// Indexes of fields in /proc/<pid>/stat after the command. proc(5) counts from 1; the first one here is its number 3.
const FIRST_FIELD = 3;
const STATE_FIELD: number = 3 - FIRST_FIELD;
const THREADS_FIELD: number = 20 - FIRST_FIELD;
const START_TIME_FIELD: number = 22 - FIRST_FIELD;
const ENDED_STATES = 'ZXx';

/** Parses `/proc/<pid>/stat`; `undefined` if it is not in the documented format. */
export function parseProcessStatus(text: string): ProcessStatus | undefined {
  // The command is in parentheses and may contain spaces and parentheses; no field after it does.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[STATE_FIELD];
  const startTime = fields[START_TIME_FIELD];
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return undefined;
  // A process whose first thread has ended may have other threads that still finish a write.
  return { startTime, ended: ENDED_STATES.includes(state) && Number(fields[THREADS_FIELD]) <= 1 };
}

function undefinedIfRefused<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
