import { AsyncProjector } from '../../src/projection/async-projector.ts';
import type { EventReader } from '../../src/projection/event-reader.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { ProjectorSettings } from '../../src/projection/projector-options.ts';
import { answeringLater, type Change, MemoryLog } from './memory-log.ts';
import { cacheAnsweringLater, TestCache } from './test-cache.ts';

/** The common interface of both projectors, with awaited results. */
export type AnyProjector = Projector<Change> | AsyncProjector<Change>;

/** What a test of projectors needs: an event log, a cache, and a clock that only the test moves. */
export class ProjectorSetup {
  readonly log: MemoryLog = new MemoryLog();
  readonly cache: TestCache = new TestCache();
  nowUs = 1_000_000n;
  elapsedMs = 0;

  get settings(): ProjectorSettings {
    return { nowUs: () => this.nowUs, elapsed: () => this.elapsedMs };
  }

  advanceMs(ms: number): void {
    this.nowUs += BigInt(ms) * 1000n;
  }
}

/**
 * One combination of projector, cache and log. A second projector over the same log and cache stands for a restarted
 * process.
 */
export interface Way {
  readonly way: string;
  make(setup: ProjectorSetup, settings?: ProjectorSettings, source?: EventReader<Change>): AnyProjector;
}

/** The rules hold for both projectors, and for both kinds of cache and event log. */
export const ways: readonly Way[] = [
  {
    way: 'Projector',
    make: (setup, settings, source = setup.log) =>
      new Projector({ cache: setup.cache, source, ...setup.settings, ...settings }),
  },
  {
    way: 'AsyncProjector with a synchronous cache and log',
    make: (setup, settings, source = setup.log) =>
      new AsyncProjector({ cache: setup.cache, source, ...setup.settings, ...settings }),
  },
  {
    way: 'AsyncProjector with an asynchronous log',
    make: (setup, settings, source = setup.log) =>
      new AsyncProjector({ cache: setup.cache, source: answeringLater(source), ...setup.settings, ...settings }),
  },
  {
    way: 'AsyncProjector with an asynchronous cache and log',
    make: (setup, settings, source = setup.log) => {
      const cache = cacheAnsweringLater(setup.cache);
      return new AsyncProjector({ cache, source: answeringLater(source), ...setup.settings, ...settings });
    },
  },
];
