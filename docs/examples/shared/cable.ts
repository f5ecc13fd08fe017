import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to the database that can be cut: a proxy on a port of the loopback address. */
export class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      const far = connect(port, host);
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          near.destroy();
          far.destroy();
          this.#sockets.delete(socket);
        });
      }
    });
  }

  /** Resolves to a cable, and the address of the database through it. */
  static async to(url: string): Promise<{ readonly cable: Cable; readonly url: string }> {
    const through = new URL(url);
    const cable = new Cable(through.hostname, Number(through.port === '' ? 5432 : through.port));
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve));
    const address = cable.#server.address();
    through.hostname = '127.0.0.1';
    through.port = String(typeof address === 'object' && address !== null ? address.port : '');
    return { cable, url: through.href };
  }

  /** Ends all connections, and refuses others. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets new connections through. */
  mend(): void {
    this.#isCut = false;
  }

  /** Ends everything. */
  close(): void {
    this.cut();
    this.#server.close();
  }
}
