import { createHash } from 'node:crypto';
import type { LockSimulation, Taker } from './lock-simulation.ts';

/** One event: a step of a process, or its death. */
interface Move {
  readonly taker: number;
  readonly kill: boolean;
}

/** Counts of an exploration, so that a test can check that it was not empty. */
export interface Exploration {
  readonly states: number;
  readonly ends: number;
}

/**
 * Tries every order in which the steps of the processes can happen, with up to `killsMax` of them killed at any point.
 * States that were already reached in another order are not tried again. `atEnd` receives each state in which no
 * process can take another step. An error names the events that led to it.
 */
export function exploreSchedules(
  makeSimulation: () => LockSimulation,
  options: { readonly killsMax: number; readonly atEnd: (simulation: LockSimulation) => void },
): Exploration {
  const known = new Set<string>();
  const open: Move[][] = [[]];
  let ends = 0;
  for (let moves = open.pop(); moves !== undefined; moves = open.pop()) {
    const simulation = makeSimulation();
    const kills = moves.filter((move) => move.kill).length;
    try {
      for (const move of moves) play(simulation, move);
      simulation.assertSafe();
      const key = digestOf(simulation.key());
      if (known.has(key)) continue;
      known.add(key);
      const next = possibleMoves(simulation, options.killsMax - kills);
      for (const move of next) open.push([...moves, move]);
      if (next.some((move) => !move.kill)) continue;
      ends += 1;
      options.atEnd(simulation);
    } catch (error) {
      throw new Error(`after ${describeMoves(moves)}: ${String(error)}`, { cause: error });
    }
  }
  return { states: known.size, ends };
}

/**
 * Keys are long and states many. 72 bits distinguish a million of them, except in one exploration in four thousand
 * million.
 */
function digestOf(key: string): string {
  return createHash('sha1').update(key).digest('base64').slice(0, 12);
}

function possibleMoves(simulation: LockSimulation, killsLeft: number): Move[] {
  const moves: Move[] = [];
  for (const [taker, { canStep, state }] of simulation.takers.entries()) {
    if (canStep) moves.push({ taker, kill: false });
    if (killsLeft > 0 && (canStep || state === 'holding')) moves.push({ taker, kill: true });
  }
  return moves;
}

function play(simulation: LockSimulation, move: Move): void {
  const taker = simulation.takers[move.taker] as Taker;
  if (move.kill) taker.kill();
  else taker.step();
}

function describeMoves(moves: readonly Move[]): string {
  return moves.map((move) => (move.kill ? `kill ${move.taker}` : `${move.taker}`)).join(', ');
}
