import { collidingIdentities } from '../../test/regression/colliding-identities.ts';

/** Where a number is put into these identities: after the part that makes them collide. */
const PREFIX_LENGTH = 28;

/** Identities of one length, all different; each two neighbours have the same XXH32 under several seeds. */
export function historyIdentity(number: number): string {
  const pair = Math.floor(number / 2);
  const [first, second] = collidingIdentities[pair % collidingIdentities.length] ?? ['', ''];
  return (number % 2 === 0 ? first : second).slice(0, PREFIX_LENGTH) + String(pair).padStart(4, '0');
}
