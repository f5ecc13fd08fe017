import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeFileHeader, FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { RecordKind } from '../../src/log/record-format.ts';
import { RecordReader } from '../../src/log/record-reader.ts';
import { NodeFile } from '../../src/storage/node-file.ts';
import { nodePlatform } from '../../src/storage/node-fs.ts';
import { ChildScript } from './child-script.ts';

/** Why no process can be started in a pid namespace of its own here; `undefined` if one can. */
export const noNamespaces: string | undefined =
  spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0
    ? undefined
    : 'needs Linux, unshare and root';

/** Runs a command in a pid namespace of its own, which ends with it. */
export const ownNamespace: readonly string[] = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
/** A log that is read after each takeover must not become long. */
const takeoversADirectory = 25;

/** The result of a fight. */
export interface LeaseFightResult {
  readonly takeovers: number;
  readonly killed: number;
  readonly stopped: number;
  /** How many stopped processes found their lease gone, by the code of the error. */
  readonly lost: Readonly<Record<string, number>>;
  /** How many stopped processes continued with the lock, as they woke up before another one took over. */
  readonly kept: number;
  readonly records: number;
  /** Violations: records of two writers in one log, or records that are missing. */
  readonly lies: readonly string[];
}

/**
 * Two processes that want one store whose lock has a lease, each in a pid namespace of its own where the machine allows
 * that. The holder is killed, or stopped and continued around the end of its lease; then the log is read.
 */
export class LeaseFight {
  readonly #script: URL;
  readonly #root: string;
  readonly #leaseMs: number;
  readonly #random: () => number;
  #directory = '';
  #writers: ChildScript[] = [];
  #started = 0;
  #killed = 0;
  #stopped = 0;
  #kept = 0;
  #records = 0;
  readonly #lost: Record<string, number> = {};
  readonly #lies: string[] = [];

  /** `script` is the writer; `root` an empty directory. */
  constructor(script: URL, root: string, leaseMs: number, random: () => number = Math.random) {
    this.#script = script;
    this.#root = root;
    this.#leaseMs = leaseMs;
    this.#random = random;
  }

  /** Ends after so many takeovers, or the first lie. Leaves no process behind. */
  async run(takeovers: number): Promise<LeaseFightResult> {
    let done = 0;
    try {
      while (done < takeovers && this.#lies.length === 0) {
        if (done % takeoversADirectory === 0) await this.#begin();
        if (await this.#round()) done += 1;
        this.#readLogs();
      }
    } finally {
      for (const writer of this.#writers) await writer.kill();
    }
    const [killed, stopped, kept, records] = [this.#killed, this.#stopped, this.#kept, this.#records];
    return { takeovers: done, killed, stopped, kept, records, lost: this.#lost, lies: this.#lies };
  }

  /** Starts both writers in a new directory. */
  async #begin(): Promise<void> {
    for (const writer of this.#writers) await writer.kill();
    this.#directory = join(this.#root, `store-${this.#started}`);
    mkdirSync(this.#directory);
    this.#writers = [this.#start(), this.#start()];
    for (const writer of this.#writers) await writer.line(0);
  }

  #start(): ChildScript {
    this.#started += 1;
    const args = [this.#directory, String(this.#leaseMs), `w${this.#started}`];
    return new ChildScript(this.#script, args, 'inherit', noNamespaces === undefined ? ownNamespace : []);
  }

  /** Stops or kills the holder. Returns whether the other one took over. */
  async #round(): Promise<boolean> {
    const holder = await this.#holder();
    const other = this.#writers.find((writer) => writer !== holder) as ChildScript;
    // What they say from here on: on a loaded machine the holder may pause for longer than its lease by itself.
    const [from, said] = [other.lines.length, holder.lines.length];
    await sleep(this.#random() * 100);
    if (!isHolding(holder)) return false;
    if (this.#random() < 0.4) {
      this.#killed += 1;
      await holder.kill();
      this.#writers = [other, this.#start()];
      // Either of them: both wait for the end of the lease.
      await this.#holder();
      return true;
    }
    this.#stopped += 1;
    process.kill(innerPid(holder), 'SIGSTOP');
    try {
      // Up to two leases: the other one takes over in the middle of that.
      const isWaiting = this.#random() < 0.7;
      // Not for longer: the holder may have lost the lock by itself just now.
      if (isWaiting) await Promise.race([other.lineWith('open ', from), sleep(20 * this.#leaseMs)]);
      await sleep(this.#random() * (isWaiting ? 30 : 2 * this.#leaseMs));
    } finally {
      process.kill(innerPid(holder), 'SIGCONT');
    }
    const wasTakenOver = (): boolean => other.lines.slice(from).some((line) => line.startsWith('open '));
    const code = await this.#answer(holder, said, wasTakenOver);
    if (code === undefined) {
      this.#kept += 1;
      return false;
    }
    this.#lost[code] = (this.#lost[code] ?? 0) + 1;
    return true;
  }

  /** How the stopped holder lost the lock; `undefined` if it kept it, or writes although it has lost it. */
  async #answer(holder: ChildScript, said: number, wasTakenOver: () => boolean): Promise<string | undefined> {
    await sleep(this.#leaseMs);
    for (;;) {
      const answer = holder.lines.slice(said).find((line) => line.startsWith('lost '));
      if (answer !== undefined) return answer.slice('lost '.length);
      this.#readLogs();
      if (!wasTakenOver() || this.#lies.length > 0) return undefined;
      await sleep(20);
    }
  }

  /** The writer that has the lock, once there is one. */
  async #holder(): Promise<ChildScript> {
    for (;;) {
      const holders = this.#writers.filter(isHolding);
      if (holders.length === 1) return holders[0] as ChildScript;
      await sleep(5);
    }
  }

  #readLogs(): void {
    for (const name of readdirSync(this.#directory)) {
      if (!name.endsWith('.log')) continue;
      const keys = keysOf(join(this.#directory, name));
      this.#records = Math.max(this.#records, keys.copied.length + keys.written.length);
      this.#lies.push(...liesIn(keys).map((lie) => `${name}: ${lie}`));
    }
  }
}

/** The keys of the puts in a log: those that a compaction has copied into it, and those that were written to it, in order. */
export interface LogKeys {
  readonly copied: readonly string[];
  readonly written: readonly string[];
}

/**
 * Violations in a log. What was written to it is one term after the other (more than one if an owner was provably gone), and
 * nothing of a term is missing or repeated. Of each term that was copied the beginning is there.
 */
export function liesIn({ copied, written }: LogKeys): string[] {
  const lies: string[] = [];
  const ended = new Set<string>();
  let [term, next] = ['', 0];
  for (const key of written) {
    const [of = '', number = ''] = key.split(':');
    if (of !== term) {
      ended.add(term);
      if (ended.has(of)) lies.push(`${key} after the term ${term}`);
      [term, next] = [of, 0];
    }
    if (Number(number) !== next) lies.push(`${key} instead of number ${next}`);
    next = Number(number) + 1;
  }
  const numbers = new Map<string, Set<number>>();
  for (const key of copied) {
    const [of = '', number = ''] = key.split(':');
    numbers.set(of, (numbers.get(of) ?? new Set()).add(Number(number)));
  }
  for (const [of, found] of numbers) {
    if (of === term || ended.has(of)) lies.push(`the term ${of} in two logs`);
    for (let number = 0; number < found.size; number += 1)
      if (!found.has(number)) lies.push(`${of}:${number} is missing`);
  }
  return lies;
}

function isHolding({ lines }: ChildScript): boolean {
  return lines.at(-1)?.startsWith('open ') === true;
}

/** The pid, here, of the process that `unshare` has started, or of the script itself. */
function innerPid({ pid }: ChildScript): number {
  if (noNamespaces !== undefined) return pid;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

export function keysOf(path: string): LogKeys {
  const none = { copied: [], written: [] };
  if (!existsSync(path)) return none;
  const fd = openSync(path, 'r');
  try {
    const file = new NodeFile(nodePlatform(), fd, path, false);
    const bytes = new Uint8Array(FILE_HEADER_BYTES);
    file.read(bytes, 0, FILE_HEADER_BYTES, 0);
    const header = decodeFileHeader(bytes);
    if (header === undefined) return none;
    const reader = new RecordReader({ file, name: path, salt: header.salt }, fstatSync(fd).size);
    let [copied, written]: [string[], string[]] = [[], []];
    for (let at = FILE_HEADER_BYTES; reader.read(at) === 'valid'; at = reader.next) {
      if (reader.kind === RecordKind.put) written.push(new TextDecoder().decode(reader.key()));
      if (reader.kind === RecordKind.complete) [copied, written] = [written, []];
    }
    return { copied, written };
  } finally {
    closeSync(fd);
  }
}
