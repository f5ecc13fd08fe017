/*
 * Builds one application with one bundler, as an application is built for production: builders.mjs BUNDLER ENTRY TARGET OUTPUT
 *
 * TARGET is `node` or `browser`. Prints the modules in the output, as JSON: their paths, and their bytes where the bundler
 * reports those.
 */
import { writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import nodeResolve from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import * as vite from 'vite';
import webpack from 'webpack';

const [bundler, entry, target, output] = process.argv.slice(2);
const isForNode = target === 'node';
const file = basename(output);

const builders = {
  async esbuild() {
    const { metafile } = await esbuild.build({
      entryPoints: [entry],
      outfile: output,
      bundle: true,
      minify: true,
      format: isForNode ? 'esm' : 'iife',
      platform: target,
      metafile: true,
    });
    const [{ inputs }] = Object.values(metafile.outputs);
    return Object.entries(inputs).map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }));
  },

  async rollup() {
    const resolve = nodeResolve({ browser: !isForNode, exportConditions: isForNode ? ['node'] : [] });
    const bundle = await rollup({ input: entry, plugins: [resolve], external: /^node:/ });
    const { output: chunks } = await bundle.generate({ format: isForNode ? 'es' : 'iife' });
    // Rollup leaves making it small to others.
    const { code } = await esbuild.transform(chunks[0].code, { minify: true, format: isForNode ? 'esm' : 'iife' });
    writeFileSync(output, code);
    return modulesOf(chunks[0]);
  },

  async vite() {
    const { output: chunks } = await vite.build({
      root: dirname(entry),
      logLevel: 'error',
      configFile: false,
      ssr: isForNode ? { noExternal: true } : undefined,
      build: {
        ssr: isForNode ? entry : undefined,
        write: false,
        minify: true,
        rollupOptions: { input: entry, output: { format: isForNode ? 'es' : 'iife', entryFileNames: file } },
      },
    });
    writeFileSync(output, chunks[0].code);
    return modulesOf(chunks[0]);
  },

  webpack() {
    const compiler = webpack({
      mode: 'production',
      entry,
      target: isForNode ? 'node20' : 'web',
      experiments: { outputModule: isForNode },
      output: { path: dirname(output), filename: file, module: isForNode },
    });
    return new Promise((resolve, reject) => {
      compiler.run((error, stats) => {
        if (error !== null) return reject(error);
        if (stats.hasErrors()) return reject(new Error(stats.toString('errors-only')));
        const { modules } = stats.toJson({ all: false, modules: true, nestedModules: true, modulesSpace: 1e6 });
        const single = modules.flatMap((one) => one.modules ?? [one]);
        resolve(
          single
            .filter(({ nameForCondition }) => typeof nameForCondition === 'string')
            .map(({ nameForCondition, size }) => ({ path: nameForCondition, bytes: size })),
        );
      });
    });
  },
};

/** The modules of a chunk of Rollup or Rolldown. */
function modulesOf({ modules }) {
  return Object.entries(modules)
    .filter(([, { renderedLength }]) => renderedLength > 0)
    .map(([path, { renderedLength }]) => ({ path, bytes: renderedLength }));
}

console.log(JSON.stringify(await builders[bundler]()));
