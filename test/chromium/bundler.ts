/** The bundler is installed here, also for the benchmark in a browser. */
export { build } from 'esbuild';
