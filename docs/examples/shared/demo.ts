import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cable } from './cable.ts';
import { MachineProcess } from './machine-process.ts';

/** What was asked of a machine, and its answer. */
export interface DemoLine {
  readonly machine: string;
  readonly what: string;
  readonly cents: number;
  readonly outcome: string;
  readonly eventsRead: number;
}

/** Two machines of the service with one event log and one database, and what happens to them. */
export class SharedDemo {
  readonly #script: string;
  readonly #url: string;
  readonly #cable: Cable;
  readonly #directory = mkdtempSync(join(tmpdir(), 'projection-cache-shared-'));
  readonly #eventLog: string = join(this.#directory, 'events.jsonl');
  readonly #machines = new Map<string, MachineProcess>();
  readonly #show: (line: DemoLine) => void;

  private constructor(script: string, url: string, cable: Cable, show: (line: DemoLine) => void) {
    this.#script = script;
    this.#url = url;
    this.#cable = cable;
    this.#show = show;
    writeFileSync(this.#eventLog, [450, 1_200, -300].map((cents) => `{"order":"507","cents":${cents}}\n`).join(''));
  }

  /** Runs the demo. `script`: the path of `machine.mjs`; `url`: the database; `show` receives each answer. */
  static async run(script: string, url: string, show: (line: DemoLine) => void): Promise<void> {
    const { cable, url: through } = await Cable.to(url);
    const demo = new SharedDemo(script, through, cable, show);
    try {
      await demo.#run();
    } finally {
      for (const machine of demo.#machines.values()) await machine.stop();
      cable.close();
      rmSync(demo.#directory, { recursive: true, force: true });
    }
  }

  async #run(): Promise<void> {
    await this.#start('one', { CACHE: 'embedded' });
    await this.#get('one', 'is the only machine, and folds the events');
    await this.#get('one', 'has the state in its LogCache');
    await this.#machine('one').stop();

    await this.#start('one', { CACHE: 'shared' });
    await this.#start('two', { CACHE: 'shared' });
    await this.#get('one', 'folds them once more, for the database');
    await this.#get('two', 'finds the state of the other machine');
    await this.#machine('one').stop();
    await this.#machine('two').stop();

    await this.#start('one');
    await this.#start('two');
    await this.#get('one', 'finds it in the database behind its local cache');
    await this.#get('two', 'does so too');
    await this.#get('two', 'has it locally now');

    await this.#ask('one', 'buy 507 50');
    await this.#get('two', 'continues with the new event');
    await this.#get('one', 'finds that');

    await this.#machine('two').stop();
    await this.#start('two', { VERSION: '2' });
    await this.#get('two', 'is deployed with a changed projection, which has states of its own');
    await this.#get('one', 'is not deployed yet, and keeps its states');
    await this.#machine('one').stop();
    await this.#start('one', { VERSION: '2' });
    await this.#get('one', 'is deployed as well');

    writeFileSync(this.#eventLog, readFileSync(this.#eventLog, 'utf8').replace('1200', '1100'));
    await this.#ask('one', 'invalidate 507');
    // Other machines hear of it at once, and within a second if the notification is lost.
    await pause(1_100);
    await this.#get('two', 'sees an event that was corrected: machine one has invalidated the stream');
    await this.#get('one', 'finds the new state');

    this.#cable.cut();
    await this.#ask('one', 'buy 507 7');
    await this.#get('one', 'continues from its local state while the database is gone');
    await pause(1_100);
    await this.#get('two', 'folds all events: its local states are too old to be used without the database');
    this.#cable.mend();
    await pause(1_500);
    await this.#get('one', 'has the database again, and stores the state');
    await this.#get('two', 'finds it');
  }

  async #start(name: string, environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const machine = new MachineProcess(this.#script, {
      DATABASE_URL: this.#url,
      EVENT_LOG: this.#eventLog,
      LOCAL_CACHE: join(this.#directory, name),
      ...environment,
    });
    this.#machines.set(name, machine);
    await machine.ready();
  }

  #machine(name: string): MachineProcess {
    return this.#machines.get(name) as MachineProcess;
  }

  async #ask(name: string, line: string): Promise<void> {
    const { error } = await this.#machine(name).ask(line);
    if (error !== undefined) throw new Error(`${line}: ${String(error)}`);
  }

  async #get(name: string, what: string): Promise<void> {
    const { cents, outcome, eventsRead } = await this.#machine(name).ask('get 507');
    this.#show({ machine: name, what, cents: Number(cents), outcome: String(outcome), eventsRead: Number(eventsRead) });
    // The state is stored after the answer.
    await pause(100);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
