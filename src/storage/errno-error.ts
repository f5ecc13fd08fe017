/** An error as file operations of a platform throw it: `code` is an errno name, the message says where it happened. */
export function errnoError(code: string, reason: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${reason}, ${operation} '${path}'`), { code, syscall: operation, path });
}

/** What every operation of a file throws once the file was closed. */
export function closedFileError(operation: string, path: string): Error {
  return errnoError('EBADF', 'the file is closed', operation, path);
}
