import { type Channel, channel } from 'node:diagnostics_channel';
import type { ProjectionReport } from '../projection/projection-report.ts';
import type { StoreEvent } from '../store/store-event.ts';

/** The channel of the events of caches. */
export const EVENT_CHANNEL = 'projection-cache:event';
/** The channel of the reports of projectors. */
export const REPORT_CHANNEL = 'projection-cache:report';

const eventChannel: Channel = channel(EVENT_CHANNEL);
const reportChannel: Channel = channel(REPORT_CHANNEL);

/** A message of `projection-cache:event`. `JSON.stringify` writes it whole. */
export interface EventMessage {
  /** The name that `eventPublisher` was called with. */
  readonly cache: string;
  /** The event: docs/events.md has a section for each. */
  readonly event: StoreEvent;
}

/** A message of `projection-cache:report`. `JSON.stringify` writes it whole. */
export interface ReportMessage {
  /** The name that `reportPublisher` was called with. */
  readonly projector: string;
  /** What happened in one call. */
  readonly report: ProjectionReport;
}

/**
 * A handler for `onEvent` that publishes each event on the channel `projection-cache:event`. Without a subscriber it does
 * nothing. `cache` names the cache in the messages.
 */
export function eventPublisher(cache: string): (event: StoreEvent) => void {
  assertName(cache, 'cache');
  return (event) => {
    if (eventChannel.hasSubscribers) eventChannel.publish({ cache, event } satisfies EventMessage);
  };
}

/**
 * A handler for `onReport` that publishes each report on the channel `projection-cache:report`. Without a subscriber it does
 * nothing. `projector` names the projector in the messages.
 */
export function reportPublisher(projector: string): (report: ProjectionReport) => void {
  assertName(projector, 'projector');
  return (report) => {
    if (reportChannel.hasSubscribers) reportChannel.publish({ projector, report } satisfies ReportMessage);
  };
}

function assertName(name: unknown, what: string): void {
  if (typeof name !== 'string') throw new TypeError(`the name of a ${what} must be a string`);
}
