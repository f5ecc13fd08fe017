/*
 * Does every damage there is to the files of small stores: `npm run test:corruption`. Each bit flipped, each length cut
 * to, each sector zeroed, repeated and exchanged, each record misplaced, rubbish behind the end, files missing, foreign and
 * of another time. What must hold is in `honest-store.ts`.
 */
import { smallEngine } from '../engines/small-engine.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { CorruptionSweep, sweptStates } from './corruption-sweep.ts';

const usage: ScriptUsage = {
  command: 'npm run test:corruption',
  about: 'Damages the files of small stores in every way and checks that what opens never lies.',
  options: [{ name: 'every', meaning: 'do one damage of so many', byDefault: 1, min: 1, max: 1_000_000 }],
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
  console.log(`all of them opened, ${forgot} had forgotten something, none lied`);
});
