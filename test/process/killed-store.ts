import { cpSync, readdirSync, rmSync } from 'node:fs';
import { LogCache } from '../../src/cache/log-cache.ts';
import { type KillPlan, type Testimony, type WriterPhase, writeUntilKilled } from './killed-writer.ts';
import { type WorkloadName, workloads } from './operations.ts';
import { operationsHeld } from './survivor.ts';

/** What a kill has interrupted and left. */
export interface KillFinding {
  readonly phase: WriterPhase;
  /** Log files in the directory: two in the middle of a compaction. */
  readonly logs: number;
  /** Whether there was an image that was incomplete, or not of this log. */
  readonly imageUnused: boolean;
  readonly tornBytes: number;
  /** Entries that were compared, for the reader and for the next writer. */
  readonly entries: number;
}

/**
 * One store whose writers are killed. A killed process loses its memory, but nothing that it has written to the kernel.
 * So the store must hold a prefix of its operations that includes everything it had reported as synced.
 */
export class KilledStore {
  readonly #directory: string;
  readonly #name: WorkloadName;
  readonly #script: URL;
  /** The operations that are present, and those of them that were reported as durable. */
  operations = 0;
  #durable = 0;
  generation = 0;

  /** `script` is the writer; `directory` need not exist, and a copy of it is made beside it. */
  constructor(directory: string, name: WorkloadName, script: URL) {
    this.#directory = directory;
    this.#name = name;
    this.#script = script;
  }

  /** Lets a writer continue the store, kills it, and examines what it left. Throws if that is wrong. */
  async goOn(plan: KillPlan): Promise<KillFinding> {
    const testimony = await writeUntilKilled(this.#script, this.#directory, this.#name, this.operations, plan);
    this.#durable = Math.max(this.#durable, testimony.synced);
    // On a copy, so that the next writer finds the directory as the kill has left it.
    const copy = `${this.#directory}-copy`;
    cpSync(this.#directory, copy, { recursive: true });
    try {
      return this.#examine(copy, testimony);
    } finally {
      rmSync(copy, { recursive: true });
    }
  }

  /**
   * Opens what is left twice: as a reader, which must see everything reported as durable, and as the next writer, which
   * must see everything that the reader saw.
   */
  #examine(copy: string, testimony: Testimony): KillFinding {
    const workload = workloads[this.#name];
    const files = readdirSync(copy);
    using reader = LogCache.open(copy, { readOnly: true });
    const marked = operationsHeld(reader, workload, this.#durable);
    const owners: string[] = [];
    using writer = LogCache.open(copy, {
      onEvent: (event) => {
        if (event.type === 'lock-taken-over') owners.push(event.from);
      },
    });
    const { recovery, generation } = writer.stats();
    if (recovery.damaged.length > 0 || recovery.entriesLost > 0 || recovery.forgotten) {
      throw new Error(`a kill was reported as damage: ${JSON.stringify(recovery)}`);
    }
    if (testimony.held && !owners.some((owner) => owner.startsWith(`process ${testimony.pid} on host `))) {
      throw new Error(
        `the lock of process ${testimony.pid} was not taken over, but that of ${owners.join() || 'no process'}`,
      );
    }
    if (testimony.held && recovery.clean) throw new Error('a kill was reported as a close');
    const report = writer.verify();
    if (!report.ok) throw new Error(`verify found ${JSON.stringify(report)}`);
    this.operations = operationsHeld(writer, workload, Math.max(marked, this.operations));
    this.generation = generation;
    return {
      phase: testimony.phase,
      logs: files.filter((name) => name.endsWith('.log')).length,
      imageUnused: files.some((name) => /\.index2?$/.test(name)) && !recovery.imageUsed,
      tornBytes: recovery.tornBytes,
      entries: reader.size + writer.size,
    };
  }

  /** Where the store is, to examine a failure. */
  get directory(): string {
    return this.#directory;
  }
}
