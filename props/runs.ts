/** How many times as often as in the ordinary tests a property runs in `npm run test:properties`. */
const LONG = 25;

/** How often a property runs: `ordinary` times, and `LONG` times as often in the mode `long`. */
export function runs(ordinary: number): number {
  return process.env['MODE'] === 'long' ? ordinary * LONG : ordinary;
}
