/**
 * Starts all calls before it awaits the first, like callers that do not wait for one another. Resolves to the results
 * in order. If a call fails, it awaits the others before it throws, so that none still runs when the cache is closed.
 */
export async function overlap(calls: readonly (() => unknown)[]): Promise<unknown[]> {
  const answers = await Promise.allSettled(calls.map(async (call) => call()));
  return answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  });
}
