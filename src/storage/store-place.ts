import { kindOf } from '../base/argument.ts';
import type { StorageBackend } from './storage-backend.ts';

/** Throws `TypeError` unless `directory` is the name of one. */
export function assertDirectory(directory: unknown): asserts directory is string {
  if (typeof directory !== 'string' || directory === '') throw new TypeError('directory must be a non-empty string');
}

/** Throws `TypeError` for what is not a storage, such as its class. `undefined` stands for the file system. */
export function assertStorage(storage: StorageBackend | undefined): void {
  if (storage === undefined || typeof storage?.openDirectory === 'function') return;
  throw new TypeError(`storage must be a StorageBackend, such as new MemoryStorage(); got ${kindOf(storage)}`);
}
