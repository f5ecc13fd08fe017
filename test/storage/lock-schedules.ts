import { createHash } from 'node:crypto';
import type { LockWorld, Taker } from './lock-world.ts';

/** One thing that happens next: a taker's step, or its death. */
interface Move {
  readonly taker: number;
  readonly kill: boolean;
}

/** What an exploration went through, so that a test can tell that it was not an empty one. */
export interface Exploration {
  readonly worlds: number;
  readonly ends: number;
}

/**
 * Goes through every order in which the steps of the takers can happen, with up to `killsMax` of them killed at any point.
 * Worlds that were reached in another order already are not gone through again. `atEnd` sees each world in which nobody
 * can step any more. What fails says by which moves it was reached.
 */
export function exploreSchedules(
  makeWorld: () => LockWorld,
  options: { readonly killsMax: number; readonly atEnd: (world: LockWorld) => void },
): Exploration {
  const known = new Set<string>();
  const open: Move[][] = [[]];
  let ends = 0;
  for (let moves = open.pop(); moves !== undefined; moves = open.pop()) {
    const world = makeWorld();
    const kills = moves.filter((move) => move.kill).length;
    try {
      for (const move of moves) play(world, move);
      world.assertSafe();
      const key = digestOf(world.key());
      if (known.has(key)) continue;
      known.add(key);
      const next = possibleMoves(world, options.killsMax - kills);
      for (const move of next) open.push([...moves, move]);
      if (next.some((move) => !move.kill)) continue;
      ends += 1;
      options.atEnd(world);
    } catch (error) {
      throw new Error(`after ${describeMoves(moves)}: ${String(error)}`, { cause: error });
    }
  }
  return { worlds: known.size, ends };
}

/** Keys are long and worlds many. 72 bits keep a million of them apart, but for one exploration in four thousand million. */
function digestOf(key: string): string {
  return createHash('sha1').update(key).digest('base64').slice(0, 12);
}

function possibleMoves(world: LockWorld, killsLeft: number): Move[] {
  const moves: Move[] = [];
  for (const [taker, { canStep, state }] of world.takers.entries()) {
    if (canStep) moves.push({ taker, kill: false });
    if (killsLeft > 0 && (canStep || state === 'holding')) moves.push({ taker, kill: true });
  }
  return moves;
}

function play(world: LockWorld, move: Move): void {
  const taker = world.takers[move.taker] as Taker;
  if (move.kill) taker.kill();
  else taker.step();
}

function describeMoves(moves: readonly Move[]): string {
  return moves.map((move) => (move.kill ? `kill ${move.taker}` : `${move.taker}`)).join(', ');
}
