import type { CrashPiece, Fate, Remains } from './crash-piece.ts';
import type { DiskImage } from './disk-image.ts';
import type { DiskMoment } from './disk-moment.ts';

/** The disk after a crash at `moment` that gave each of `pieces` its fate. Files that nothing is pending for are shared. */
export function crashImage(moment: DiskMoment, pieces: readonly CrashPiece[], fates: readonly Fate[]): DiskImage {
  const contents = survivingContents(moment, pieces, fates);
  const image = new Map<string, Map<string, Uint8Array>>();
  for (const [path, entries] of survivingEntries(moment, pieces, fates)) {
    const files = new Map<string, Uint8Array>();
    for (const [name, file] of entries) files.set(name, contents.get(file)?.bytes ?? durableOf(moment, file));
    image.set(path, files);
  }
  return image;
}

function survivingEntries(
  moment: DiskMoment,
  pieces: readonly CrashPiece[],
  fates: readonly Fate[],
): Map<string, Map<string, number>> {
  const directories = new Map<string, Map<string, number>>();
  for (const [path, { durable }] of moment.directories) directories.set(path, new Map(durable));
  for (const [i, { change }] of pieces.entries()) {
    if (fates[i]?.head !== 'new') continue;
    if (change.kind === 'create') directories.get(change.directory)?.set(change.name, change.file);
    if (change.kind === 'remove') directories.get(change.directory)?.delete(change.name);
  }
  return directories;
}

/** The files that anything pending reached. */
function survivingContents(
  moment: DiskMoment,
  pieces: readonly CrashPiece[],
  fates: readonly Fate[],
): Map<number, SurvivingContent> {
  const contents = new Map<number, SurvivingContent>();
  for (const [i, { file, change }] of pieces.entries()) {
    const fate = fates[i] as Fate;
    if (file === 0 || (fate.head === 'old' && fate.tail === 'old')) continue;
    const content = contents.get(file) ?? new SurvivingContent(moment, file, pieces);
    contents.set(file, content);
    if (change.kind === 'truncate') content.truncate(change.size);
    if (change.kind === 'write') content.write(change.position, change.bytes, fate);
  }
  return contents;
}

function durableOf(moment: DiskMoment, file: number): Uint8Array {
  return moment.files.get(file)?.durable ?? new Uint8Array(0);
}

/** What is put together of one file. Bytes at and above its size are zero. */
class SurvivingContent {
  readonly #memory: Uint8Array;
  readonly #stale: Uint8Array;
  #size: number;

  constructor(moment: DiskMoment, file: number, pieces: readonly CrashPiece[]) {
    const durable = durableOf(moment, file);
    let sizeMax = durable.length;
    for (const { file: of, change } of pieces) {
      if (of !== file) continue;
      if (change.kind === 'write') sizeMax = Math.max(sizeMax, change.position + change.bytes.length);
      if (change.kind === 'truncate') sizeMax = Math.max(sizeMax, change.size);
    }
    this.#memory = new Uint8Array(sizeMax);
    this.#memory.set(durable);
    this.#size = durable.length;
    this.#stale = staleFor(moment, file);
  }

  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#size);
  }

  truncate(size: number): void {
    if (size < this.#size) this.#memory.fill(0, size, this.#size);
    this.#size = size;
  }

  write(position: number, bytes: Uint8Array, { head, at, tail }: Fate): void {
    const middle = Math.min(at, bytes.length);
    this.#put(position, bytes.subarray(0, middle), head);
    this.#put(position + middle, bytes.subarray(middle), tail);
  }

  #put(position: number, bytes: Uint8Array, remains: Remains): void {
    if (remains === 'old' || bytes.length === 0) return;
    const end = position + bytes.length;
    if (remains === 'new') this.#memory.set(bytes, position);
    if (remains === 'stale') {
      const grown = Math.max(position, this.#size);
      for (let i = grown; i < end; i += 1) this.#memory[i] = this.#stale[i % this.#stale.length] as number;
    }
    this.#size = Math.max(this.#size, end);
  }
}

/** What was freed last, and at every other moment something older: a disk need not use its free space in any order. */
function staleFor({ freed, changes }: DiskMoment, file: number): Uint8Array {
  const others = freed.filter((old) => old.file !== file);
  const older = others[(changes >>> 1) % others.length];
  return (changes % 2 === 0 ? others.at(-1) : older)?.bytes ?? NOISE;
}

const NOISE_BYTES = 509;
/** Stands in for old contents where no file was freed before. */
const NOISE: Uint8Array = Uint8Array.from({ length: NOISE_BYTES }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
