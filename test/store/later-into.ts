import type { Later } from '../../src/base/background-timer.ts';

/** Background work that a test runs when it likes: each task is added to what `tasks` returns, whatever its delay. */
export function laterInto(tasks: () => (() => void)[]): Later {
  return (_delayMs, task) => {
    const added = tasks();
    added.push(task);
    return () => {
      const at = added.indexOf(task);
      if (at >= 0) added.splice(at, 1);
    };
  };
}

/** Background work that never runs: a store that is not closed must not be kept alive by it. */
export const NEVER: Later = () => () => {};
