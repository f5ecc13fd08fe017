import type { DiskImage } from './disk-image.ts';
import type { DiskState } from './disk-state.ts';
import type { CrashOutcome, PartState, PendingPart } from './pending-part.ts';

/**
 * The disk after a crash in the state `disk`, with one outcome for each of `parts`. Files without pending changes
 * are shared.
 */
export function crashImage(
  disk: DiskState,
  parts: readonly PendingPart[],
  outcomes: readonly CrashOutcome[],
): DiskImage {
  const contents = survivingContents(disk, parts, outcomes);
  const image = new Map<string, Map<string, Uint8Array>>();
  for (const [path, entries] of survivingEntries(disk, parts, outcomes)) {
    const files = new Map<string, Uint8Array>();
    for (const [name, file] of entries) files.set(name, contents.get(file)?.bytes ?? durableOf(disk, file));
    image.set(path, files);
  }
  return image;
}

function survivingEntries(
  disk: DiskState,
  parts: readonly PendingPart[],
  outcomes: readonly CrashOutcome[],
): Map<string, Map<string, number>> {
  const directories = new Map<string, Map<string, number>>();
  for (const [path, { durable }] of disk.directories) directories.set(path, new Map(durable));
  for (const [i, { change }] of parts.entries()) {
    if (outcomes[i]?.first !== 'new') continue;
    if (change.kind === 'create') directories.get(change.directory)?.set(change.name, change.file);
    if (change.kind === 'remove') directories.get(change.directory)?.delete(change.name);
  }
  return directories;
}

/** The contents of the files with pending changes. */
function survivingContents(
  disk: DiskState,
  parts: readonly PendingPart[],
  outcomes: readonly CrashOutcome[],
): Map<number, SurvivingContent> {
  const contents = new Map<number, SurvivingContent>();
  for (const [i, { file, change }] of parts.entries()) {
    const outcome = outcomes[i] as CrashOutcome;
    if (file === 0 || (outcome.first === 'old' && outcome.rest === 'old')) continue;
    const content = contents.get(file) ?? new SurvivingContent(disk, file, parts);
    contents.set(file, content);
    if (change.kind === 'truncate') content.truncate(change.size);
    if (change.kind === 'write') content.write(change.position, change.bytes, outcome);
  }
  return contents;
}

function durableOf(disk: DiskState, file: number): Uint8Array {
  return disk.files.get(file)?.durable ?? new Uint8Array(0);
}

/** The content of one file while it is assembled. Bytes at and above its size are zero. */
class SurvivingContent {
  readonly #memory: Uint8Array;
  readonly #stale: Uint8Array;
  #size: number;

  constructor(disk: DiskState, file: number, parts: readonly PendingPart[]) {
    const durable = durableOf(disk, file);
    let sizeMax = durable.length;
    for (const { file: of, change } of parts) {
      if (of !== file) continue;
      if (change.kind === 'write') sizeMax = Math.max(sizeMax, change.position + change.bytes.length);
      if (change.kind === 'truncate') sizeMax = Math.max(sizeMax, change.size);
    }
    this.#memory = new Uint8Array(sizeMax);
    this.#memory.set(durable);
    this.#size = durable.length;
    this.#stale = staleFor(disk, file);
  }

  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#size);
  }

  truncate(size: number): void {
    if (size < this.#size) this.#memory.fill(0, size, this.#size);
    this.#size = size;
  }

  write(position: number, bytes: Uint8Array, { first, at, rest }: CrashOutcome): void {
    const middle = Math.min(at, bytes.length);
    this.#put(position, bytes.subarray(0, middle), first);
    this.#put(position + middle, bytes.subarray(middle), rest);
  }

  #put(position: number, bytes: Uint8Array, state: PartState): void {
    if (state === 'old' || bytes.length === 0) return;
    const end = position + bytes.length;
    if (state === 'new') this.#memory.set(bytes, position);
    if (state === 'stale') {
      const grown = Math.max(position, this.#size);
      for (let i = grown; i < end; i += 1) this.#memory[i] = this.#stale[i % this.#stale.length] as number;
    }
    this.#size = Math.max(this.#size, end);
  }
}

/**
 * The content that was freed last, or, after every other change, an older one: a disk reuses its free space in any
 * order.
 */
function staleFor({ freed, changes }: DiskState, file: number): Uint8Array {
  const others = freed.filter((old) => old.file !== file);
  const older = others[(changes >>> 1) % others.length];
  return (changes % 2 === 0 ? others.at(-1) : older)?.bytes ?? NOISE;
}

const NOISE_BYTES = 509;
/** Replaces old contents if no file was freed before. */
const NOISE: Uint8Array = Uint8Array.from({ length: NOISE_BYTES }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
