/*
 * Applies every kind of damage to the files of small stores: `npm run test:corruption`. Each bit is flipped, each file
 * truncated to each length, each sector zeroed, repeated and exchanged, each record misplaced, garbage appended, and
 * files are removed, foreign or of another time. `honest-store.ts` checks what must hold.
 */
import { smallEngine } from '../engines/small-engine.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { CorruptionSweep, sweptStates } from './corruption-sweep.ts';

const usage: ScriptUsage = {
  command: 'npm run test:corruption',
  about: 'Damages the files of small stores in every way.\nChecks that an opened store never lies.',
  options: [{ name: 'every', meaning: 'try only one damage of so many', byDefault: 1, min: 1, max: 1_000_000 }],
};

await runScript(usage, async (number) => {
  const engine = await smallEngine();
  const sweep = new CorruptionSweep(engine);
  const started = performance.now();
  sweep.runMixtures();
  for (const state of sweptStates(engine)) {
    const before = sweep.count.damages;
    sweep.run(state, number('every'));
    console.log(`a store ${state.name}: ${sweep.count.damages - before} damages`);
  }
  const seconds = (performance.now() - started) / 1000;
  const { states, files, damages, forgot } = sweep.count;
  console.log(`${damages} damages to ${files} files of ${states} stores in ${seconds.toFixed(1)} s`);
  console.log(`all opened, ${forgot} lost entries, none lied`);
});
