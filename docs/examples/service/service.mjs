/**
 * An HTTP service that answers from three projections of an event log, cached in a LogCache. Save it beside a
 * `package.json`, run `npm install projection-cache`, and start it:
 *
 *     EVENT_LOG_ID=orders-1 node service.mjs events.jsonl cache 8080
 *
 *     POST /events {"order":"507","customer":"7","cents":450}    records an event
 *     GET /order/507, /customer/7, /sales/all                    the states of the projections
 *     GET /health, /stats                                        for whoever operates it
 *
 * It logs JSON lines. Change EVENT_LOG_ID when you restore the event log from a backup, and the version of a projection
 * when you change its `apply`. Both make cached states of before unused; nothing needs to be deleted.
 */
import { closeSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { LogCache, Projector } from 'projection-cache';

const [file = 'events.jsonl', directory = 'cache', port = '8080'] = process.argv.slice(2);
const log = (what, details) => console.log(JSON.stringify({ at: new Date().toISOString(), what, details }));

// The cache comes first: in a deploy the new process waits here until the old one has closed it, and with it the event log.
// With the lease it also follows a process that was killed in another container.
let healthy = true;
const onEvent = (event) => {
  if (event.type === 'poisoned') healthy = false;
  log('cache', event);
};
const ownership = { waitForLockMs: 60_000, lock: { leaseMs: 10_000 } };
const cache = await LogCache.openAsync(directory, { ...ownership, syncEveryMs: 1_000, onEvent });

// The event log: a line for each event, and each event in three streams. The number of the line is its sequence.
const fd = openSync(file, 'a+');
const streams = new Map();
let sequence = 0n;
function remember(event) {
  sequence += 1n;
  for (const stream of [`order:${event.order}`, `customer:${event.customer}`, 'sales:all']) {
    if (!streams.has(stream)) streams.set(stream, []);
    streams.get(stream).push({ sequence, event });
  }
}
const bytes = readFileSync(file);
let end = bytes.lastIndexOf('\n') + 1;
if (end < bytes.length) ftruncateSync(fd, end); // a crash in the middle of a line: it was never acknowledged
for (const line of bytes.toString('utf8', 0, end).split('\n').filter(Boolean)) remember(JSON.parse(line));

function append(event) {
  const line = Buffer.from(`${JSON.stringify(event)}\n`);
  try {
    writeFileSync(fd, line);
    fdatasyncSync(fd);
  } catch (error) {
    ftruncateSync(fd, end);
    throw error;
  }
  end += line.length;
  remember(event);
}
const source = {
  identity: process.env.EVENT_LOG_ID ?? 'orders-1',
  head: (stream) => streams.get(stream)?.at(-1).sequence,
  read: (stream, _kinds, after = 0n) => (streams.get(stream) ?? []).filter((recorded) => recorded.sequence > after),
};

// The projections, by the path that returns them.
const projections = {
  order: { name: 'order', version: 1, initial: () => ({ items: 0, cents: 0 }), apply: addTo },
  customer: { name: 'customer', version: 1, initial: () => ({ items: 0, cents: 0 }), apply: addTo },
  sales: { name: 'sales', version: 1, initial: () => ({ largest: 0 }), apply: keepLargest },
};
function addTo({ items, cents }, event) {
  return { items: items + 1, cents: cents + event.cents };
}
function keepLargest({ largest }, event) {
  return { largest: Math.max(largest, event.cents) };
}

const onCacheFailure = (failure) => log('cache failure', failure);
const projector = new Projector({ cache, source, onReport: (report) => log('projected', report), onCacheFailure });

async function answer(request) {
  const [, kind = '', id = ''] = request.url.split('/').map(decodeURIComponent);
  if (request.method === 'POST' && kind === 'events') {
    let body = '';
    for await (const text of request.setEncoding('utf8')) {
      body += text;
      if (body.length > 10_000) return [413, { error: 'too long' }];
    }
    const { order, customer, cents } = JSON.parse(body);
    if (!order || !customer || !Number.isSafeInteger(cents)) return [400, { error: 'order, customer or cents' }];
    append({ order: String(order), customer: String(customer), cents });
    return [201, { sequence: String(sequence) }];
  }
  if (kind === 'health') return [healthy ? 200 : 503, { healthy }];
  if (kind === 'stats') return [200, { cache: cache.stats(), projector: projector.stats() }];
  const state = Object.hasOwn(projections, kind) && projector.project(projections[kind], `${kind}:${id}`);
  return state ? [200, state] : [404, { error: 'not found' }];
}
const server = createServer(async (request, response) => {
  const [status, body] = await answer(request).catch((error) => {
    log('request failed', { url: request.url, message: error.message });
    return [error instanceof SyntaxError || error instanceof URIError ? 400 : 500, { error: error.name }];
  });
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
server.listen(Number(port), '127.0.0.1', () => log('listening', server.address()));

// Ends in order: no new requests, then the cache, which makes the next start fast, then the event log.
process.once('SIGTERM', () => {
  server.close(() => {
    cache.close();
    closeSync(fd);
    log('stopped', { sequence: String(sequence) });
  });
});
