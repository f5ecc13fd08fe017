import type { OpfsStorage } from '../../src/browser/opfs-storage.ts';
import type { StorageDirectory } from '../../src/storage/storage-backend.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { type FakeOrigin, type FakeWorker, settle } from './fake-origin.ts';

const DIRECTORY = 'store';
const NAMES: readonly string[] = ['a', 'b', 'c', 'd'];
const FILLERS = 200;

/** What a file must hold. */
interface Content {
  /** The byte that fills it; no two files have the same. */
  readonly filler: number;
  readonly bytes: number;
  /** After so many changes of the disk its contents were durable. */
  durableAt: number;
}

type Files = ReadonlyMap<string, Content>;

/** The files in a directory, after each change of a name. */
interface State {
  readonly files: Files;
  /** How many changes the disk had seen when the step that leads to this state began. */
  readonly begun: number;
}

/** Creates, fills and removes files of an `OpfsStorage`, without the engine, and records what a crash may leave. */
export class NamesRun {
  readonly #origin: FakeOrigin;
  readonly #random: () => number;
  readonly #states: State[];
  readonly #promises: { readonly changes: number; readonly state: number }[] = [];
  #worker: FakeWorker;
  #storage: OpfsStorage | undefined;
  #fillers: number;

  private constructor(origin: FakeOrigin, seed: number, start: Files, firstFiller: number) {
    this.#origin = origin;
    this.#random = seededRandom(seed);
    this.#states = [{ files: start, begun: -1 }];
    this.#fillers = firstFiller;
    this.#worker = origin.worker();
  }

  /** Opens the storage; `earlier` is the run whose crash after `changes` changes left its disk. */
  static async open(origin: FakeOrigin, seed: number, earlier?: NamesRun, changes = 0): Promise<NamesRun> {
    const storage = await origin.worker().open('names');
    const found = contentsOf(storage);
    let start: Files = new Map();
    let filler = 1;
    if (earlier !== undefined) {
      start = earlier.#match(found, changes);
      filler = earlier.#fillers + 1;
    }
    storage.close();
    const run = new NamesRun(origin, seed, start, filler);
    await run.#open();
    return run;
  }

  get changes(): number {
    return this.#origin.files.journal.changes.length;
  }

  async steps(count: number): Promise<void> {
    for (let step = 0; step < count; step += 1) await this.#step();
  }

  close(): void {
    this.#storage?.close();
  }

  get #files(): Files {
    return (this.#states.at(-1) as State).files;
  }

  get #directory(): StorageDirectory {
    return (this.#storage as OpfsStorage).openDirectory(DIRECTORY, { create: true });
  }

  async #step(): Promise<void> {
    const name = NAMES[this.#random() % NAMES.length] as string;
    const choice = this.#random() % 10;
    if (choice < 6) this.#toggle(name);
    else if (choice < 8) this.#sync();
    else if (choice === 8) await settle();
    else await this.#kill();
    const found = contentsOf(this.#storage as OpfsStorage);
    if (!isPossible(found, this.#files, this.changes)) throw new Error(`holds ${shown(found)}`);
  }

  #toggle(name: string): void {
    const begun = this.changes;
    const files = new Map(this.#files);
    if (files.delete(name)) {
      this.#states.push({ files, begun });
      this.#directory.remove(name);
      return;
    }
    this.#fillers += 1;
    const content: Content = {
      filler: 1 + (this.#fillers % FILLERS),
      bytes: 1 + (this.#random() % 40),
      durableAt: Number.POSITIVE_INFINITY,
    };
    this.#states.push({ files: files.set(name, content), begun });
    const file = this.#directory.create(name);
    file.write(new Uint8Array(content.bytes).fill(content.filler), 0, content.bytes, 0);
    file.sync();
    content.durableAt = this.changes;
    file.close();
  }

  #sync(): void {
    this.#directory.sync();
    this.#promises.push({ changes: this.changes, state: this.#states.length - 1 });
  }

  async #kill(): Promise<void> {
    this.#worker.kill();
    this.#worker = this.#origin.worker();
    await this.#open();
  }

  async #open(): Promise<void> {
    this.#storage = await this.#worker.open('names');
    // Opening makes what it finds durable.
    this.#promises.push({ changes: this.changes, state: this.#states.length - 1 });
  }

  /** The state that a crash after `changes` changes may have left, and that was found. */
  #match(found: ReadonlyMap<string, Uint8Array>, changes: number): Files {
    const lowest = Math.max(0, ...this.#promises.filter((one) => one.changes <= changes).map(({ state }) => state));
    const allowed = this.#states.filter(({ begun }, state) => state >= lowest && begun < Math.max(changes, 0));
    const match = allowed.findLast(({ files }) => isPossible(found, files, changes));
    if (match !== undefined) return match.files;
    const wanted = allowed.map(({ files }) =>
      [...files].map(([name, { filler, bytes }]) => `${name}=${bytes}x${filler}`),
    );
    throw new Error(`a crash left ${shown(found)}\nallowed:\n${wanted.join('\n')}`);
  }
}

/** Whether these are the files, none longer than it ever was, and each with its own bytes if they were durable. */
function isPossible(found: ReadonlyMap<string, Uint8Array>, files: Files, changes: number): boolean {
  if (found.size !== files.size) return false;
  return [...files].every(([name, { filler, bytes, durableAt }]) => {
    const content = found.get(name);
    if (content === undefined || content.length > bytes) return false;
    // Before that, a part that no flush covered may hold anything.
    if (durableAt > changes) return true;
    return content.length === bytes && content.every((byte) => byte === filler);
  });
}

function contentsOf(storage: OpfsStorage): Map<string, Uint8Array> {
  storage.openDirectory(DIRECTORY, { create: true });
  return storage.exportFiles(DIRECTORY);
}

function shown(found: ReadonlyMap<string, Uint8Array>): string {
  return [...found].map(([name, bytes]) => `${name}=${bytes.length}x${bytes.join(',')}`).join(' ');
}
