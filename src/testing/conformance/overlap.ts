/**
 * Starts all calls before it waits for the first, as callers do that do not wait for one another. Resolves to the answers
 * in order. When a call fails, it waits for the others before it throws, so that none is under way when the cache is closed.
 */
export async function overlap(calls: readonly (() => unknown)[]): Promise<unknown[]> {
  const answers = await Promise.allSettled(calls.map(async (call) => call()));
  return answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  });
}
