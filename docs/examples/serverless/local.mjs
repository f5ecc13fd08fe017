/**
 * Calls the handler as a platform does, with one request in each line of the standard input:
 *
 *     echo /order/507 | node local.mjs
 */
import { createInterface } from 'node:readline';
import { handler } from './handler.mjs';

for await (const path of createInterface({ input: process.stdin })) {
  const { statusCode, body } = await handler({ path });
  console.log(statusCode, body);
}
