/**
 * Wraps a caller's handler: what it throws becomes an uncaught exception in a microtask and never reaches the engine. For
 * `undefined` returns a function that does nothing.
 */
export function guardedHandler<Argument>(
  handler: ((argument: Argument) => void) | undefined,
): (argument: Argument) => void {
  if (handler === undefined) return () => {};
  return (argument) => {
    try {
      handler(argument);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}
