import { errnoError } from '../storage/errno-error.ts';

/** The errno names of the exceptions that file operations of a browser throw. */
const ERRNOS: Readonly<Record<string, string>> = {
  QuotaExceededError: 'EDQUOT',
  NoModificationAllowedError: 'EBUSY',
  NotFoundError: 'ENOENT',
  TypeMismatchError: 'EISDIR',
  SecurityError: 'EACCES',
  NotAllowedError: 'EACCES',
  InvalidStateError: 'EBADF',
};

/** The error that a storage throws for an exception of the browser, which becomes its `cause`. */
export function domFailure(error: unknown, operation: string, path: string): Error {
  const { name = 'Error', message = String(error) } = (error ?? {}) as Partial<Error>;
  const failure = errnoError(ERRNOS[name] ?? 'EIO', `${name}: ${message}`, operation, path);
  failure.cause = error;
  return failure;
}

/** Whether it is the exception with this name, of any realm. */
export function isDomException(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === name;
}

/** Runs a file operation of the browser; what it throws gets the code of an errno. */
export function onFile<Result>(operation: string, path: string, task: () => Result): Result {
  try {
    return task();
  } catch (error) {
    throw domFailure(error, operation, path);
  }
}
