/**
 * An error shaped like those of Node's file operations: `code` is an errno name, the message names the operation and
 * path.
 */
export function errnoError(code: string, reason: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${reason}, ${operation} '${path}'`), { code, syscall: operation, path });
}

/** The error that every operation on a closed file throws. */
export function closedFileError(operation: string, path: string): Error {
  return errnoError('EBADF', 'the file is closed', operation, path);
}
