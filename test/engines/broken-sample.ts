/** One broken engine in so many is tried by the ordinary tests. */
const EVERY = 6;

/**
 * The broken engines to try: each is built and swept for seconds, so ordinary runs try a sample. `npm run test:broken`
 * tries all of them: it runs the tests in the mode `all`.
 */
export function brokenSample<Broken>(engines: readonly Broken[]): readonly Broken[] {
  return process.env['MODE'] === 'all' ? engines : engines.filter((_, index) => index % EVERY === 0);
}
