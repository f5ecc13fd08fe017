import { LogCache, Projector } from 'projection-cache';

export const dynamic = 'force-dynamic';

const events = [1n, 2n, 3n].map((sequence) => ({ sequence, event: { cents: Number(sequence) } }));
const source = {
  head: () => events.at(-1).sequence,
  read: (_stream, _kinds, after = 0n) => events.slice(Number(after)),
};
const total = { name: 'total', initial: () => 0, apply: (sum, { cents }) => sum + cents };

let projector;

function opened() {
  // `reopen`: a development server loads this module again after each change.
  const cache = LogCache.open(process.env.CACHE_DIRECTORY, { reopen: true });
  return new Projector({ cache, source });
}

export function GET() {
  projector ??= opened();
  const { state, report } = projector.projectWithReport(total, 'order:507');
  return Response.json({ total: state, outcome: report.outcome });
}
