/**
 * Wraps a caller's handler so that what it throws surfaces as an uncaught exception and never inside the engine. Without
 * a handler nothing is called.
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
