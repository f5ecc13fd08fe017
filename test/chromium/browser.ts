import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { chromiumPath } from './chromium-path.ts';

interface ProcessInfo {
  readonly type: string;
  readonly id: number;
}

/** A headless Chromium with a profile of its own, which outlives kills and is removed at the end. */
export class TestBrowser {
  readonly #profile: string = mkdtempSync(join(tmpdir(), 'projection-cache-chromium-'));
  readonly #origin: string;
  #browser: Browser | undefined;

  constructor(origin: string) {
    this.#origin = origin;
  }

  get browser(): Browser {
    if (this.#browser === undefined) throw new Error('the browser does not run');
    return this.#browser;
  }

  async start(): Promise<void> {
    this.#browser = await launch({
      executablePath: chromiumPath() as string,
      userDataDir: this.#profile,
      // As root, in containers, there is no sandbox.
      args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage', '--disable-gpu'],
      protocolTimeout: 600_000,
    });
  }

  /** A new tab with the page; `private` opens it in a private window of its own. */
  async open(how: { readonly isPrivate?: boolean } = {}): Promise<Tab> {
    const context = how.isPrivate === true ? await this.browser.createBrowserContext() : this.browser;
    const page = await context.newPage();
    const tab = new Tab(page);
    await page.goto(this.#origin);
    await tab.ready();
    return tab;
  }

  /** The processes that run pages. */
  async rendererPids(): Promise<number[]> {
    const session = await this.browser.target().createCDPSession();
    const { processInfo } = (await session.send('SystemInfo.getProcessInfo')) as { processInfo: ProcessInfo[] };
    await session.detach();
    return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  }

  /** Kills every process that runs a page, as the system does when it is short of memory. */
  async killRenderers(): Promise<void> {
    for (const pid of await this.rendererPids()) kill(pid);
  }

  /** Kills the browser itself, and starts it again with the same profile. */
  async killAndRestart(): Promise<void> {
    const child = this.browser.process();
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    if (child?.pid !== undefined) kill(child.pid);
    await ended;
    rmSync(join(this.#profile, 'SingletonLock'), { force: true });
    await this.start();
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** One tab. Its page runs the scenarios. */
export class Tab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async ready(): Promise<void> {
    await this.page.waitForFunction('globalThis.runScenario !== undefined');
  }

  /** Runs a scenario of `pages/scenarios.ts` in a worker of the page. Values travel as JSON. */
  async run<Result>(scenario: string, ...args: readonly unknown[]): Promise<Result> {
    return (await this.page.evaluate(
      (name, values) => (globalThis as unknown as PageGlobals).runScenario(name, values),
      scenario,
      args,
    )) as Result;
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** Ends the process of the page, as a lack of memory does. */
  async crash(): Promise<void> {
    const session = await this.page.createCDPSession();
    const crashed = new Promise((resolve) => this.page.once('error', resolve));
    session.send('Page.crash').catch(() => {});
    await crashed;
    await this.page.close();
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

interface PageGlobals {
  runScenario(name: string, args: readonly unknown[]): Promise<unknown>;
}
