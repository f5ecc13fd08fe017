import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from './bundler.ts';

/** A file of a site that is served as it is. */
export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A site on a loopback port, which browsers treat as secure: an empty page, and the bundled scripts beside it. */
export class Site {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Bundles `scripts` (files in `folder`, without `.ts`) and serves them as `/NAME.js`. The page loads the first one. `assets`
   * are served under their paths.
   */
  static async start(
    folder: string,
    scripts: readonly string[],
    assets: Readonly<Record<string, Asset>> = {},
  ): Promise<Site> {
    const { outputFiles } = await build({
      entryPoints: scripts.map((name) => join(folder, `${name}.ts`)),
      bundle: true,
      write: false,
      outdir: '/',
      format: 'esm',
      platform: 'browser',
      sourcemap: 'inline',
      logLevel: 'warning',
    });
    const html = `<!doctype html><title>projection-cache</title><script type="module" src="/${scripts[0]}.js"></script>`;
    const files = new Map<string, Asset>([
      ['/', { type: 'text/html', bytes: new TextEncoder().encode(html) }],
      ...Object.entries(assets),
      ...outputFiles.map(({ path, contents }) => {
        return [path.replace(/^.*[/\\]/, '/'), { type: 'text/javascript', bytes: contents }] as const;
      }),
    ]);
    const server = createServer((request, response) => {
      const file = files.get(request.url ?? '');
      if (file === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': file.type }).end(file.bytes);
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
