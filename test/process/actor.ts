/*
 * Executes commands on the cache in DIRECTORY, one for each line on standard input, and answers each with a line:
 * `done`, the code and message of the error, or the requested value. Ends when its input does, without closing.
 *
 * open [WAIT_MS] | lease LEASE_MS | put KEY VALUE | get KEY | sync | compact | close | close-later MS
 */
import { createInterface } from 'node:readline';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';

const [directory = ''] = process.argv.slice(2);
let opened: LogCache | undefined;
let options: LogCacheOptions = {};

function cache(): LogCache {
  if (opened === undefined) throw new Error('open first');
  return opened;
}

function act(verb: string, key: string, value: string): string {
  switch (verb) {
    case 'open':
      opened = LogCache.open(directory, key === '' ? options : { ...options, waitForLockMs: Number(key) });
      return 'done';
    case 'lease':
      options = { lock: { leaseMs: Number(key) } };
      return 'done';
    case 'put':
      cache().put(key, new TextEncoder().encode(value), { watermark: 1n, cachedAtUs: 0n });
      return 'done';
    case 'get':
      return new TextDecoder().decode(cache().get(key)?.value);
    case 'sync':
      cache().sync();
      return 'done';
    case 'compact':
      cache().compact();
      return 'done';
    case 'close':
      cache().close();
      return 'done';
    case 'close-later':
      setTimeout(() => cache().close(), Number(key));
      return 'done';
    default:
      throw new Error(`${verb} is not a command`);
  }
}

function answer(line: string): string {
  const [verb = '', key = '', value = ''] = line.split(' ');
  try {
    return act(verb, key, value);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code ?? 'ERROR'} ${message}`;
  }
}

createInterface({ input: process.stdin }).on('line', (line) => console.log(answer(line)));
