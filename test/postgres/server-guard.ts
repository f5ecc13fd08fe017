/*
 * Ends a server and removes its directory when its own input is closed: the process of the tests has closed it, or has ended in
 * whatever way. A server is a daemon, which Ctrl-C does not end.
 *
 * Arguments: the directory of pg_ctl, and the directory of the server.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { postmasterOf, processesOf, runAs, serverUser, signal } from './server-process.ts';

const [bin = '', directory = ''] = process.argv.slice(2);
const data = join(directory, 'data');

process.stdin.resume().on('close', async () => {
  const postmaster = postmasterOf(data);
  if (postmaster !== undefined) {
    const all = processesOf(postmaster);
    signal(all, 'SIGCONT');
    const stopping = ['stop', '--wait', '--silent', '--pgdata', data, '--mode', 'immediate'];
    await runAs(serverUser(), join(bin, 'pg_ctl'), stopping).catch(() => signal(all, 'SIGKILL'));
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 20 });
});
