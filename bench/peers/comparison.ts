import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diskBytes } from './disk-usage.ts';
import { type Job, type JobResult, type TaskName, taskNames } from './job.ts';
import type { Figures } from './measures.ts';
import type { Peer } from './peer.ts';
import type { PeerRounds } from './summary.ts';

const taskProcess: string = fileURLToPath(new URL('./task-process.ts', import.meta.url));
const outputBytesMax: number = 64 * 1024 * 1024;

export interface ComparisonOptions {
  readonly entries: number;
  readonly valueBytes: number;
  readonly rounds: number;
  readonly durablePuts: number;
  readonly tasks: readonly TaskName[];
}

/** A task that failed; the run continues without its figures. */
export interface Failure {
  readonly peer: string;
  readonly task: TaskName;
  readonly message: string;
}

export interface Compared {
  readonly peers: readonly PeerRounds[];
  readonly failures: readonly Failure[];
}

/**
 * Runs every task with every peer, each in a separate process. It goes task by task, so that peers take turns and share
 * the noise of the machine; each round starts with another peer.
 */
export class Comparison {
  readonly #options: ComparisonOptions;
  readonly #peers: readonly Peer[];
  readonly #directory: string;
  readonly #onProgress: (text: string) => void;
  readonly #rounds: Map<string, Record<string, number>[]> = new Map();
  readonly #failures: Failure[] = [];

  /** Works in `directory`, which must exist and be empty. */
  constructor(
    options: ComparisonOptions,
    peers: readonly Peer[],
    directory: string,
    onProgress: (text: string) => void,
  ) {
    this.#options = options;
    this.#peers = peers;
    this.#directory = directory;
    this.#onProgress = onProgress;
  }

  run(): Compared {
    for (let round = 0; round < this.#options.rounds; round += 1) this.#round(round);
    return {
      peers: this.#peers.map((peer) => ({
        peer: peer.name,
        entries: entriesOf(peer, this.#options),
        rounds: this.#rounds.get(peer.name) ?? [],
      })),
      failures: this.#failures,
    };
  }

  #round(round: number): void {
    const first = round % this.#peers.length;
    const order = [...this.#peers.slice(first), ...this.#peers.slice(0, first)];
    const directories = new Map(order.map((peer, i) => [peer.name, join(this.#directory, `${round}-${i}`)]));
    for (const directory of directories.values()) mkdirSync(directory);
    for (const task of taskNames.filter((name) => this.#options.tasks.includes(name))) {
      for (const peer of order) {
        if (!isDone(task, peer)) continue;
        this.#onProgress(`round ${round + 1} of ${this.#options.rounds}: ${task}, ${peer.name}`);
        this.#add(peer.name, round, this.#attempt(peer, task, directories.get(peer.name) ?? ''));
      }
    }
    for (const directory of directories.values()) rmSync(directory, { recursive: true });
  }

  #attempt(peer: Peer, task: TaskName, directory: string): Figures {
    try {
      return this.#measure(peer, task, directory);
    } catch (error) {
      const { stderr = '', message } = error as Error & { stderr?: string };
      this.#failures.push({ peer: peer.name, task, message: /^\w*Error.*$/m.exec(stderr)?.[0] ?? message });
      rmSync(`${directory}-scratch`, { recursive: true, force: true });
      return {};
    }
  }

  #measure(peer: Peer, task: TaskName, directory: string): Figures {
    const entries = entriesOf(peer, this.#options);
    const isApart = task === 'memory' || task === 'single';
    const place = isApart ? `${directory}-${task}` : directory;
    mkdirSync(place, { recursive: true });
    const figures = runJob(this.#job(peer.name, task, place, entries));
    const bytes = diskBytes(place) / entries;
    if (isApart) rmSync(place, { recursive: true });
    if (task === 'load' && peer.inMemory !== true) return { ...figures, disk: bytes };
    if (task === 'compact') return { ...figures, 'disk, compacted': bytes };
    return figures;
  }

  #job(peer: string, task: TaskName, directory: string, entries: number): Job {
    const { valueBytes, durablePuts } = this.#options;
    const deletedRuns = deletedRunsOf(entries);
    return { peer, task, directory, entries, valueBytes, durablePuts: Math.min(durablePuts, entries), deletedRuns };
  }

  #add(peer: string, round: number, figures: Figures): void {
    const rounds = this.#rounds.get(peer) ?? [];
    this.#rounds.set(peer, rounds);
    rounds[round] = { ...rounds[round], ...figures };
  }
}

/** Half of the runs of 100 keys, and at most 1,000. */
export function deletedRunsOf(entries: number): number {
  return Math.min(1000, Math.floor(entries / 200));
}

function entriesOf(peer: Peer, { entries }: ComparisonOptions): number {
  return Math.min(entries, peer.entriesMax ?? entries);
}

function isDone(task: TaskName, peer: Peer): boolean {
  return (
    peer.inMemory !== true || !(['open', 'durable', 'compact', 'kill', 'reopen'] as readonly string[]).includes(task)
  );
}

function runJob(job: Job): Figures {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', taskProcess, JSON.stringify(job)],
    { encoding: 'utf8', maxBuffer: outputBytesMax, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  if (job.task === 'kill' && signal === 'SIGKILL') return {};
  if (status !== 0) throw Object.assign(new Error(`the process ended with ${signal ?? status}`), { stderr });
  return (JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as JobResult).figures;
}
