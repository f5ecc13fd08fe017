// Why this test: the example is meant to be copied. It runs here as a platform runs it: from a deployment that cannot be written,
// with a temporary directory that is new, full, foreign or gone, killed and frozen at any time.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { InstalledPackage } from '../docs/installed-package.ts';
import { ChildScript } from '../process/child-script.ts';
import { noVolumes, SmallVolume } from '../process/small-volume.ts';

const installed = new InstalledPackage();
const events: string = join(installed.directory, 'events.jsonl');
const states: string = join(installed.directory, 'states');

beforeAll(() => {
  cpSync(resolve('docs/examples/serverless'), installed.directory, { recursive: true });
  writeFileSync(events, [450, 1200].map((cents) => `{"order":"507","cents":${cents}}\n`).join(''));
  appendFileSync(events, '{"order":"508","cents":300}\n');
  const built = execFileSync(process.execPath, ['build.mjs'], { cwd: installed.directory, encoding: 'utf8' });
  expect(built).toMatch(/^2 states in \d+ bytes\n$/);
});
afterAll(() => installed.remove());

/** An instance of the function: the deployment at `directory`, with a copy of the events and a temporary directory. */
class Instance {
  readonly #child: ChildScript;

  constructor(temporary: string, eventLog: string, directory: string = installed.directory) {
    const environment = ['env', `TMPDIR=${temporary}`, `EVENT_LOG=${eventLog}`];
    const script = pathToFileURL(join(directory, 'local.mjs'));
    this.#child = new ChildScript(script, [], 'ignore', environment);
    onTestFinished(() => this.#child.kill());
  }

  /** The answer to a request: the cents, how the state came about and how many events it read. */
  async get(order: string): Promise<string> {
    const answer = await this.#child.ask(`/order/${order}`);
    const { cents, outcome, eventsRead } = JSON.parse(answer.slice('200 '.length)) as Record<string, unknown>;
    return `${cents} ${outcome} ${eventsRead}`;
  }

  async kill(): Promise<void> {
    await this.#child.kill();
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.#child.pid, signal);
  }
}

/** An event log of the test, which starts as the one of the build. */
function eventLog(): string {
  const path = join(temporaryDirectory(), 'events.jsonl');
  cpSync(events, path);
  return path;
}

function buy(log: string, order: string, cents: number): void {
  appendFileSync(log, `${JSON.stringify({ order, cents })}\n`);
}

/** Everything that changes in a directory when something in it is written, created or removed. */
function look(directory: string): unknown {
  const { ino, mtimeNs, ctimeNs } = statSync(directory, { bigint: true });
  const files = readdirSync(directory).map((name) => {
    const stats = statSync(join(directory, name), { bigint: true });
    return [name, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs];
  });
  return [ino, mtimeNs, ctimeNs, files];
}

describe('the shipped states', () => {
  test('are used at a cold start, and nothing of them is written', async () => {
    const before = look(states);
    const instance = new Instance(temporaryDirectory(), eventLog());
    expect(await instance.get('507')).toBe('1650 hit 0');
    expect(await instance.get('508')).toBe('300 hit 0');
    await instance.kill();
    expect(look(states)).toEqual(before);
    expect(readdirSync(states).filter((name) => !/^\d+\.(?:log|index)$/.test(name))).toEqual([]);
  });

  test.skipIf(noVolumes !== undefined)(
    `are used on a file system that is read-only (${noVolumes ?? 'a mount'})`,
    async () => {
      const mountPoint = temporaryDirectory();
      for (const options of ['bind', 'remount,ro,bind']) {
        expect(spawnSync('mount', ['-o', options, installed.directory, mountPoint]).status).toBe(0);
      }
      onTestFinished(() => void spawnSync('umount', ['--lazy', mountPoint]));
      expect(() => writeFileSync(join(mountPoint, 'states', 'new'), '')).toThrow(/EROFS/);
      const log = eventLog();
      const instance = new Instance(temporaryDirectory(), log, mountPoint);
      expect(await instance.get('507')).toBe('1650 hit 0');
      buy(log, '507', 1);
      expect(await instance.get('507')).toBe('1651 delta 1');
      expect(await instance.get('507')).toBe('1651 hit 0');
    },
  );
});

describe('the states of an instance', () => {
  test('continue from the shipped ones, and outlive a kill', async () => {
    const [temporary, log] = [temporaryDirectory(), eventLog()];
    const first = new Instance(temporary, log);
    buy(log, '507', 50);
    buy(log, '509', 7);
    expect(await first.get('507')).toBe('1700 delta 1');
    expect(await first.get('509')).toBe('7 replay 1');
    await first.kill();
    const second = new Instance(temporary, log);
    expect(await second.get('507')).toBe('1700 hit 0');
    expect(await second.get('509')).toBe('7 hit 0');
    expect(await second.get('508')).toBe('300 hit 0');
  });

  test.each([
    ['in use by another instance', (temporary: string, log: string) => new Instance(temporary, log).get('507')],
    [
      'locked by an instance in another container, which may live',
      (temporary: string) => {
        const owner = { pid: 1, platform: 'linux', host: `not-${hostname()}`, nonce: '0'.repeat(32), since: '2026' };
        cpSync(states, join(temporary, 'order-states'), { recursive: true });
        writeFileSync(join(temporary, 'order-states', 'LOCK'), JSON.stringify(owner));
      },
    ],
    ['a file', (temporary: string) => writeFileSync(join(temporary, 'order-states'), 'not a directory')],
    ['gone', (temporary: string) => rmSync(temporary, { recursive: true })],
  ])('are in memory if the folder is %s', async (name, prepare) => {
    const [temporary, log] = [temporaryDirectory(), eventLog()];
    await prepare(temporary, log);
    const instance = new Instance(name === 'gone' ? '/dev/null/absent' : temporary, log);
    expect(await instance.get('507')).toBe('1650 hit 0');
    buy(log, '507', 50);
    expect(await instance.get('507')).toBe('1700 delta 1');
    expect(await instance.get('507')).toBe('1700 hit 0');
  });

  test.skipIf(noVolumes !== undefined)(`are right on a full disk (${noVolumes ?? 'a real one'})`, async () => {
    const volume = new SmallVolume(2 * 1024 * 1024);
    volume.fill(0);
    const log = eventLog();
    const instance = new Instance(join(volume.directory, '..'), log);
    buy(log, '507', 50);
    expect(await instance.get('507')).toBe('1700 delta 1');
    expect(await instance.get('507')).toBe('1700 hit 0');
  });
});

describe('an instance that is frozen', () => {
  test('continues where it was', async () => {
    const log = eventLog();
    const instance = new Instance(temporaryDirectory(), log);
    expect(await instance.get('507')).toBe('1650 hit 0');
    instance.signal('SIGSTOP');
    buy(log, '507', 50);
    await new Promise((done) => setTimeout(done, 200));
    instance.signal('SIGCONT');
    expect(await instance.get('507')).toBe('1700 delta 1');
    expect(await instance.get('507')).toBe('1700 hit 0');
  });

  test('opens its folder again if the platform has emptied the temporary directory meanwhile', async () => {
    const [temporary, log] = [temporaryDirectory(), eventLog()];
    const instance = new Instance(temporary, log);
    buy(log, '507', 1);
    expect(await instance.get('507')).toBe('1651 delta 1');
    instance.signal('SIGSTOP');
    rmSync(join(temporary, 'order-states'), { recursive: true });
    instance.signal('SIGCONT');
    const outcomes: string[] = [];
    for (let cents = 1; cents <= 4; cents += 1) {
      buy(log, '508', cents);
      outcomes.push(await instance.get('508'));
    }
    expect(outcomes.map((outcome) => outcome.split(' ')[0])).toEqual(['301', '303', '306', '310']);
    expect(existsSync(join(temporary, 'order-states', 'LOCK'))).toBe(true);
    expect(await instance.get('508')).toBe('310 hit 0');
  });
});
