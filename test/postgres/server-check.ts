import { serverBinaries } from './server-binaries.ts';

/** Runs once, before all files: without a server, there is one error that says what to install. */
export function setup(): void {
  serverBinaries();
}
