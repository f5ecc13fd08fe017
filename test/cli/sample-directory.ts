import { join } from 'node:path';
import { LogCache } from '../../src/cache/log-cache.ts';
import { Projector } from '../../src/projection/projector.ts';
import { metaAt, temporaryDirectory, utf8 } from '../cache/cache-fixtures.ts';
import { Orders, total } from '../docs/order-store.ts';

/** A directory in which a store was closed that has entries of every kind of key and value. */
export function sampleDirectory(): string {
  const directory = join(temporaryDirectory(), 'store');
  const cache = LogCache.open(directory);
  cache.put('customer:7', utf8('Ada Lovelace'), metaAt(3));
  cache.put('order:2', utf8('{"lines":[{"sku":"a","cents":1299}],"big":12345678901234567890}'), metaAt(8));
  cache.put(Uint8Array.of(0xff, 0), Uint8Array.of(1, 2, 254), metaAt(1));
  new Projector({ cache, source: new Orders() }).project(total, 'order:1');
  cache.close();
  return directory;
}
