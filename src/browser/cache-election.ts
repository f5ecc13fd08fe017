import { StoreError } from '../base/store-error.ts';
import { type CacheAnswer, type CacheCall, failureOf, marked, messageOf, PROTOCOL } from './cache-messages.ts';
import type { HostedCache } from './hosted-cache.ts';
import type { WebLocks } from './opfs-platform.ts';

/** `BroadcastChannel`. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: unknown) => void): void;
  close(): void;
}

/** How the workers of an origin find and reach one another. */
export interface ElectionPlatform {
  readonly locks: WebLocks;
  readonly channel: (name: string) => Channel;
  /** Unique among all workers. */
  readonly id: string;
}

type ElectionMessage = { readonly kind: 'who' } | { readonly kind: 'leader' | 'resigned'; readonly id: string };

type RelayMessage =
  | { readonly kind: 'call'; readonly from: string; readonly call: CacheCall }
  | { readonly kind: 'answer'; readonly answer: CacheAnswer };

/** The lock that a worker holds from its first message until it ends in any way: whoever gets it knows that it has ended. */
export function workerLock(id: string): string {
  return `projection-cache:worker:${id}`;
}

/**
 * One cache for all workers of an origin that name it. The worker that holds a lock is the leader and has the cache open; the
 * others pass their calls on to it. When it ends, the browser gives the lock to another one.
 *
 * Invariants:
 * 1. At most one worker leads: it holds the lock until the cache is closed.
 * 2. A call is sent to one leader at most, as an operation that was repeated could overwrite a later one. What a leader left
 *    without an answer fails when it ends.
 * 3. Calls wait only while no leader is known, and are then sent in their order.
 */
export class CacheElection {
  readonly #platform: ElectionPlatform;
  readonly #name: string;
  readonly #hosted: HostedCache;
  /** Where leaders announce themselves. */
  readonly #public: Channel;
  /** Where this worker receives calls, as the leader, or answers. */
  readonly #own: Channel;
  readonly #channels = new Map<string, Channel>();
  readonly #unanswered = new Map<
    number,
    { readonly call: CacheCall; readonly answer: (answer: CacheAnswer) => void }
  >();
  #waiting: (() => void)[] = [];
  #leader: string | undefined;
  readonly #withdrawal = new AbortController();
  #resign: () => void = () => {};

  /** `platform.id`: this worker holds `workerLock` of it. */
  constructor(name: string, hosted: HostedCache, platform: ElectionPlatform) {
    this.#platform = platform;
    this.#name = name;
    this.#hosted = hosted;
    this.#public = platform.channel(this.#channelName(''));
    this.#own = platform.channel(this.#channelName(platform.id));
    this.#public.addEventListener('message', (event) => this.#hear(messageOf<ElectionMessage>(event)));
    this.#own.addEventListener('message', (event) => this.#receive(messageOf<RelayMessage>(event)));
    this.#public.postMessage(marked({ kind: 'who' }));
    this.#whenFree(`${this.#channelName('')}leader`, () => this.#lead());
  }

  /** Performs a call here or in the worker that leads. Never rejects. */
  perform(call: CacheCall): Promise<CacheAnswer> {
    return new Promise((resolve) => this.#perform(call, resolve));
  }

  /** Closes the cache if it is open here, and lets another worker lead. Rejects with what closing the cache throws. */
  async close(): Promise<void> {
    if (this.#withdrawal.signal.aborted) return;
    this.#withdrawal.abort();
    if (this.#isLeader) this.#announce('resigned');
    try {
      await this.#hosted.close();
    } finally {
      this.#resign();
      for (const channel of [this.#public, this.#own, ...this.#channels.values()]) channel.close();
    }
  }

  get #isLeader(): boolean {
    return this.#leader === this.#platform.id;
  }

  /** Calls `task` with the lock, which is held until its promise settles. */
  #whenFree(lock: string, task: () => Promise<void> | undefined): void {
    const { locks } = this.#platform;
    // It rejects when this worker has closed its part.
    locks.request(lock, { signal: this.#withdrawal.signal }, task).catch(() => {});
  }

  #lead(): Promise<void> {
    const resigned = new Promise<void>((resolve) => {
      this.#resign = resolve;
    });
    this.#follow(this.#platform.id);
    this.#announce('leader');
    return resigned;
  }

  #announce(kind: 'leader' | 'resigned'): void {
    this.#public.postMessage(marked({ kind, id: this.#platform.id }));
  }

  #hear(message: ElectionMessage | undefined): void {
    if (message?.kind === 'leader') this.#follow(message.id);
    // What it has received it still answers.
    if (message?.kind === 'resigned' && message.id === this.#leader) this.#leader = undefined;
    if (message?.kind === 'who' && this.#isLeader) this.#announce('leader');
  }

  #follow(leader: string): void {
    if (this.#leader === leader || this.#isLeader) return;
    this.#failUnanswered();
    this.#leader = leader;
    if (!this.#isLeader) this.#whenFree(workerLock(leader), () => this.#ended(leader));
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const perform of waiting) perform();
  }

  /** A worker has ended. If it was the leader, the next one announces itself, or has done so already. */
  #ended(leader: string): undefined {
    if (this.#leader !== leader) return;
    this.#leader = undefined;
    this.#failUnanswered();
    this.#public.postMessage(marked({ kind: 'who' }));
  }

  #failUnanswered(): void {
    const lost = [...this.#unanswered.values()];
    this.#unanswered.clear();
    const failure = failureOf(
      new StoreError('CACHE_FAILED', 'the tab that had the cache open ended before it answered'),
    );
    for (const { call, answer } of lost) answer({ id: call.id, failure });
  }

  #perform(call: CacheCall, answer: (answer: CacheAnswer) => void): void {
    if (this.#isLeader) this.#hosted.perform(call, answer);
    else if (this.#leader === undefined) this.#waiting.push(() => this.#perform(call, answer));
    else {
      this.#unanswered.set(call.id, { call, answer });
      this.#channelOf(this.#leader).postMessage(marked({ kind: 'call', from: this.#platform.id, call }));
    }
  }

  #receive(message: RelayMessage | undefined): void {
    if (message?.kind === 'answer') {
      const pending = this.#unanswered.get(message.answer.id);
      this.#unanswered.delete(message.answer.id);
      pending?.answer(message.answer);
    }
    // After it has resigned, the caller asks the next leader or fails.
    if (message?.kind !== 'call' || this.#withdrawal.signal.aborted) return;
    const { from, call } = message;
    this.#hosted.perform(call, (answer) => this.#channelOf(from).postMessage(marked({ kind: 'answer', answer })));
  }

  #channelOf(id: string): Channel {
    const present = this.#channels.get(id);
    if (present !== undefined) return present;
    const made = this.#platform.channel(this.#channelName(id));
    this.#channels.set(id, made);
    return made;
  }

  #channelName(id: string): string {
    return `projection-cache:${this.#name}:${PROTOCOL}:${id}`;
  }
}
