import { scenarios } from './scenarios.ts';

interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

const scope = globalThis as unknown as Worker;

scope.addEventListener('message', ({ data: { id, name, args } }: MessageEvent<Call>) => {
  const run = async (): Promise<unknown> => {
    const scenario = scenarios[name];
    if (scenario === undefined) throw new Error(`no scenario ${name}`);
    return await scenario((progress) => scope.postMessage({ id, progress }), ...(args as never[]));
  };
  run().then(
    (result) => scope.postMessage({ id, result }),
    (error: unknown) => {
      const { code = '', stack = String(error) } = error as { readonly code?: string; readonly stack?: string };
      scope.postMessage({ id, error: `${code} ${stack}` });
    },
  );
});
