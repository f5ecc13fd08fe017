/*
 * Kills writers, a thousand by default, at random times, and examines what each of them left: `npm run test:kill`.
 * `killed-store.ts` checks what must hold.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtScript } from '../scripts/built-script.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { KilledStore, type KillFinding } from './killed-store.ts';
import type { KillPlan, WriterPhase } from './killed-writer.ts';
import type { WorkloadName } from './operations.ts';

const usage: ScriptUsage = {
  command: 'npm run test:kill',
  about: 'Kills a writing process again and again.\nCompares what is left with what it had reported as durable.',
  options: [{ name: 'kills', meaning: 'how many processes to kill', byDefault: 1000, min: 1, max: 1_000_000 }],
};

/** A store is killed this many times before the next one starts. */
const killsAStore = 8;
/** One store in ten is a large one, which costs more than the others together. */
const names: readonly WorkloadName[] = [
  'growing',
  ...Array.from({ length: 9 }, (_, i) => (i % 2 === 0 ? ('overwriting' as const) : ('appending' as const))),
];
/** During what to kill, and how long after its start at most: about its duration. Without a phase, at any time. */
const plans: readonly { readonly phase?: KillPlan['phase']; readonly delayMsMax: number }[] = [
  { phase: 'append', delayMsMax: 30 },
  { phase: 'compaction', delayMsMax: 25 },
  { phase: 'image', delayMsMax: 6 },
  { phase: 'open', delayMsMax: 12 },
  { delayMsMax: 120 },
];

function planAt(number: number, name: WorkloadName): KillPlan {
  const { phase, delayMsMax } = plans[number % plans.length] as (typeof plans)[number];
  const delayMs = Math.random() * delayMsMax;
  // If every key is new there is nothing to compact.
  if (phase === undefined || (phase === 'compaction' && name !== 'overwriting'))
    return { delayMs, syncsUntilReopening: 4 };
  return { phase, delayMs, syncsUntilReopening: 4 };
}

/** Sums over all kills. */
class Tally {
  readonly #phases = new Map<WriterPhase, number>();
  #kills = 0;
  #entries = 0;
  #twoLogs = 0;
  #unusedImages = 0;
  #tornTails = 0;

  add(finding: KillFinding): void {
    this.#kills += 1;
    this.#phases.set(finding.phase, this.of(finding.phase) + 1);
    this.#entries += finding.entries;
    this.#twoLogs += finding.logs > 1 ? 1 : 0;
    this.#unusedImages += finding.imageUnused ? 1 : 0;
    this.#tornTails += finding.tornBytes > 0 ? 1 : 0;
  }

  of(phase: WriterPhase): number {
    return this.#phases.get(phase) ?? 0;
  }

  print(seconds: number): void {
    console.log(`${this.#kills} kills in ${seconds.toFixed(1)} s, ${(seconds / this.#kills).toFixed(3)} s each`);
    console.log(
      `killed in an append ${this.of('append')}, a compaction ${this.of('compaction')}, ` +
        `a close with its image ${this.of('image')}, an open ${this.of('open')}`,
    );
    console.log(
      `left two logs ${this.#twoLogs}, an image that was not used ${this.#unusedImages}, a torn tail ${this.#tornTails}`,
    );
    console.log(`${this.#entries} entries checked, all of them right and none missing`);
  }
}

await runScript(usage, async (number) => {
  const kills = number('kills');
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-kills-'));
  const tally = new Tally();
  const writer = await builtScript(new URL('./writer.ts', import.meta.url));
  const started = performance.now();
  try {
    for (let kill = 0; kill < kills; ) {
      const name = names[(kill / killsAStore) % names.length] as WorkloadName;
      const store = new KilledStore(join(directory, `store-${kill}`), name, writer);
      const end = Math.min(kills, kill + killsAStore);
      for (; kill < end; kill += 1) tally.add(await store.goOn(planAt(kill, name)));
      rmSync(store.directory, { recursive: true, force: true });
    }
  } catch (error) {
    console.error(`What the last kill left is in ${directory}`);
    throw error;
  }
  rmSync(directory, { recursive: true });
  tally.print((performance.now() - started) / 1000);
});
