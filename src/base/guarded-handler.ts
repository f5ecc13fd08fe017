import { isPromise, kindOf } from './argument.ts';

/**
 * Wraps a handler of the caller, whose option is called `name`. What it throws, or what a promise it returns rejects with,
 * never reaches the engine and does not end the process: the first such error becomes a process warning of the type
 * `ProjectionCacheWarning`, or an error event in a browser. The handler is still called afterwards. For `undefined` returns
 * a function that does nothing.
 */
export function guardedHandler<Argument>(
  name: string,
  handler: ((argument: Argument) => void) | undefined,
): (argument: Argument) => void {
  if (handler === undefined) return () => {};
  let isReported = false;
  const report = (error: unknown): void => {
    if (!isReported) warn(`${name} threw an error; it is ignored, and so are later errors`, error);
    isReported = true;
  };
  return (argument) => {
    try {
      const result: unknown = handler(argument);
      if (isPromise(result)) result.then(undefined, report);
    } catch (error) {
      report(error);
    }
  };
}

/** What the runtime has to report an error that no caller sees. */
interface Runtime {
  /** Of Node, Bun and Deno. */
  readonly process?: {
    readonly emitWarning?: (message: string, options: { readonly type: string; readonly detail: string }) => void;
  };
  /** Of browsers: reports an error as if no code had caught it. */
  readonly reportError?: (error: unknown) => void;
}

function warn(message: string, error: unknown): void {
  const { process, reportError } = globalThis as Runtime;
  const detail = error instanceof Error ? (error.stack ?? error.message) : kindOf(error);
  if (process?.emitWarning === undefined) reportError?.(new Error(message, { cause: error }));
  else process.emitWarning(message, { type: 'ProjectionCacheWarning', detail });
}
