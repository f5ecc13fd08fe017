/** One broken engine in so many is tried by the ordinary tests. */
const EVERY = 6;

/** Whether this run tries all broken engines, and the correct one with the same effort. */
export const triesAllBroken: boolean = process.env['MODE'] === 'all';

/**
 * The broken engines to try: each is built and swept for seconds, so ordinary runs try a sample. `npm run test:broken`
 * tries all of them: it runs the tests in the mode `all`.
 */
export function brokenSample<Broken>(engines: readonly Broken[]): readonly Broken[] {
  return triesAllBroken ? engines : engines.filter((_, index) => index % EVERY === 0);
}
