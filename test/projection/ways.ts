import { AsyncProjector } from '../../src/projection/async-projector.ts';
import type { EventReader } from '../../src/projection/event-reader.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { ProjectorSettings } from '../../src/projection/projector-options.ts';
import { answeringLater, type Change, MemoryLog } from './memory-log.ts';
import { cacheAnsweringLater, TestCache } from './test-cache.ts';

/** What the two projectors have in common, once their answers are awaited. */
export type AnyProjector = Projector<Change> | AsyncProjector<Change>;

/** What a projector is made from. The clock stands still until a test moves it. */
export class World {
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

/** A way to project; a projector made twice over the same world stands for a process started again. */
export interface Way {
  readonly way: string;
  make(world: World, settings?: ProjectorSettings, source?: EventReader<Change>): AnyProjector;
}

/** The rules hold for both projectors, and for both kinds of cache and event log. */
export const ways: readonly Way[] = [
  {
    way: 'Projector',
    make: (world, settings, source = world.log) =>
      new Projector({ cache: world.cache, source, ...world.settings, ...settings }),
  },
  {
    way: 'AsyncProjector with a synchronous cache and log',
    make: (world, settings, source = world.log) =>
      new AsyncProjector({ cache: world.cache, source, ...world.settings, ...settings }),
  },
  {
    way: 'AsyncProjector with an asynchronous log',
    make: (world, settings, source = world.log) =>
      new AsyncProjector({ cache: world.cache, source: answeringLater(source), ...world.settings, ...settings }),
  },
  {
    way: 'AsyncProjector with an asynchronous cache and log',
    make: (world, settings, source = world.log) => {
      const cache = cacheAnsweringLater(world.cache);
      return new AsyncProjector({ cache, source: answeringLater(source), ...world.settings, ...settings });
    },
  },
];
