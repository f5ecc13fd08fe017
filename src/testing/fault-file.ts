import { closedFileError, errnoError } from '../storage/errno-error.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import type { SyncLoss } from './disk-change.ts';
import { DiskState } from './disk-state.ts';
import type { CallPlace, FaultRecorder } from './fault-recorder.ts';
import type { FileView } from './file-view.ts';

/** What a handle needs from its storage. */
export interface HandleContext {
  readonly recorder: FaultRecorder;
  /** Asynchronous syncs await it before they end. */
  readonly syncDelay: () => Promise<void>;
  /** Asynchronous reads await it before they end. */
  readonly readDelay: () => Promise<void>;
  /** Called when the handle is closed, although an operation that is under way may still use the file. */
  readonly onClose: (handle: StorageFile) => void;
  /** Throws if the calling process was killed. */
  readonly assertAlive: () => void;
}

/** One open handle. It stays usable after the file was removed, as on POSIX systems. */
export class FaultHandle implements StorageFile {
  readonly #context: HandleContext;
  readonly #view: FileView;
  readonly #place: CallPlace;
  readonly #access: 'read' | 'write';
  #underWay = 0;
  #closed = false;

  constructor(context: HandleContext, view: FileView, place: CallPlace, access: 'read' | 'write') {
    this.#context = context;
    this.#view = view;
    this.#place = place;
    this.#access = access;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#assertOpen('read');
    return this.#context.recorder.transfer('read', this.#place, position, length, (granted) => {
      return this.#view.read(target, targetOffset, granted, position);
    });
  }

  /** Reads, and asks the rule, when it ends. A file that was closed meanwhile can still be read. */
  async readAsync(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number> {
    this.#assertOpen('read');
    const { recorder, readDelay } = this.#context;
    return await this.#whileOpen(async () => {
      await readDelay();
      this.#context.assertAlive();
      return recorder.transfer('read', this.#place, position, length, (granted) => {
        return this.#view.read(target, targetOffset, granted, position);
      });
    });
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    const { recorder } = this.#context;
    this.#assertWritable('write');
    return recorder.transfer('write', this.#place, position, length, (granted) => {
      const bytes = source.slice(sourceOffset, sourceOffset + granted);
      if (bytes.length === 0) return 0;
      this.#view.write(bytes, position);
      recorder.change({ kind: 'write', file: this.#view.file, position, bytes });
      return bytes.length;
    });
  }

  truncate(size: number): void {
    const { recorder } = this.#context;
    this.#assertWritable('truncate');
    recorder.perform('truncate', this.#place, size, () => {
      this.#view.truncate(size);
      recorder.change({ kind: 'truncate', file: this.#view.file, size });
    });
  }

  size(): number {
    this.#assertOpen('size');
    return this.#context.recorder.perform('size', this.#place, 0, () => this.#view.size);
  }

  sync(): void {
    this.#assertOpen('sync');
    this.#sync(this.#context.recorder.changes);
  }

  /** Covers what was written before the call. The rule is asked when it ends. */
  async syncAsync(): Promise<void> {
    this.#assertOpen('sync');
    const { recorder, syncDelay } = this.#context;
    const covers = recorder.changes;
    await this.#whileOpen(async () => {
      await syncDelay();
      this.#context.assertAlive();
      this.#sync(covers);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#context.assertAlive();
    this.#closed = true;
    this.#context.onClose(this);
    if (this.#underWay === 0) this.#close();
  }

  /** Runs an operation that delays closing until it has ended. */
  async #whileOpen<Result>(operation: () => Promise<Result>): Promise<Result> {
    this.#underWay += 1;
    try {
      return await operation();
    } finally {
      this.#underWay -= 1;
      if (this.#closed && this.#underWay === 0) this.#close();
    }
  }

  /** A handle counts as closed even if closing fails, as on Linux. */
  #close(): void {
    this.#context.recorder.perform('close', this.#place, 0, () => {});
  }

  #sync(covers: number): void {
    const { recorder } = this.#context;
    const { file } = this.#view;
    const call = recorder.note('sync', this.#place);
    const fault = recorder.faultOf(call);
    if (fault === undefined || 'short' in fault) {
      recorder.change({ kind: 'sync', file, covers });
      call.changes = recorder.changes;
      return;
    }
    if ('done' in fault && fault.done === 'all') recorder.change({ kind: 'sync', file, covers });
    if ('loss' in fault) this.#lose(covers, fault.loss);
    throw recorder.failure(call, fault.fail);
  }

  #lose(covers: number, loss: SyncLoss): void {
    const { recorder } = this.#context;
    recorder.change({ kind: 'lost-sync', file: this.#view.file, covers, loss });
    if (loss === 'marked-clean') return;
    const disk = new DiskState(recorder.journal.start);
    for (const change of recorder.journal.changes) disk.apply(change);
    this.#view.replace(disk.visible(this.#view.file));
  }

  #assertOpen(operation: string): void {
    this.#context.assertAlive();
    if (this.#closed) throw closedFileError(operation, this.#place.name);
  }

  #assertWritable(operation: string): void {
    this.#assertOpen(operation);
    if (this.#access === 'read') {
      throw errnoError('EBADF', 'the file is open for reading', operation, this.#place.name);
    }
  }
}
