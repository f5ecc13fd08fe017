/**
 * Connects caches and projectors to what a service already watches: their events and reports on channels of
 * `node:diagnostics_channel`, and their statistics as metrics for Prometheus and OpenTelemetry.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 * import { LogCache } from 'projection-cache';
 * import { EVENT_CHANNEL, type EventMessage, eventPublisher, metricsOf } from 'projection-cache/diagnostics';
 *
 * subscribe(EVENT_CHANNEL, (message) => {
 *   const { cache, event } = message as EventMessage;
 *   console.log(cache, event.type); // orders opened
 * });
 * const cache = LogCache.open('projections', { onEvent: eventPublisher('orders') });
 * for (const { name, kind, value } of metricsOf(cache.stats()).slice(0, 1)) {
 *   console.log(name, kind, value); // projection_cache_entries gauge 0
 * }
 * ```
 *
 * @module projection-cache/diagnostics
 */

export { type Metric, metricsOf } from './metrics.ts';
export { type MetricSource, prometheusText } from './prometheus-text.ts';
export {
  EVENT_CHANNEL,
  type EventMessage,
  eventPublisher,
  REPORT_CHANNEL,
  type ReportMessage,
  reportPublisher,
} from './publisher.ts';
