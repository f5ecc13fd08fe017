import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A site on a loopback port, which browsers treat as secure: an empty page, and the bundled scripts beside it. */
export class Site {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Bundles `scripts` (files in `folder`, without `.ts`) and serves them as `/NAME.js`. The page loads the first one. */
  static async start(folder: string, scripts: readonly string[]): Promise<Site> {
    const { outputFiles } = await build({
      entryPoints: scripts.map((name) => here(`${folder}/${name}.ts`)),
      bundle: true,
      write: false,
      outdir: '/',
      format: 'esm',
      platform: 'browser',
      sourcemap: 'inline',
      logLevel: 'warning',
    });
    const files = new Map(outputFiles.map(({ path, text }) => [path.replace(/^.*[/\\]/, '/'), text]));
    const html = `<!doctype html><title>projection-cache</title><script type="module" src="/${scripts[0]}.js"></script>`;
    const server = createServer((request, response) => {
      const script = files.get(request.url ?? '');
      if (request.url !== '/' && script === undefined) response.writeHead(404).end();
      else
        response
          .writeHead(200, { 'content-type': script === undefined ? 'text/html' : 'text/javascript' })
          .end(script ?? html);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Site(server);
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
