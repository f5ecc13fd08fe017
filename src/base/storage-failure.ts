import { errnoOf, StoreError } from './store-error.ts';

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'free space and try again',
  EDQUOT: 'free space or raise the quota and try again',
  EACCES: 'give this user read and write permission',
  EPERM: 'give this user read and write permission',
  EROFS: 'open it with `readOnly: true` or put it on a file system that can be written to',
  ENOTDIR: 'name a directory',
  ENOENT: 'create the directory first',
  ELOOP: 'a file of the store is a symbolic link: remove it',
  EMFILE: 'close files or raise the limit of open files',
  ENFILE: 'close files or raise the limit of open files',
};

/** The `IO` error of a failed operation: "could not `what`", the reason and a remedy. A `StoreError` is returned as it is. */
export function storageFailure(what: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const errno = errnoOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  const remedy = errno === undefined ? undefined : REMEDIES[errno];
  return new StoreError('IO', `could not ${what}: ${reason}${remedy === undefined ? '' : `; ${remedy}`}`, {
    cause: error,
  });
}
