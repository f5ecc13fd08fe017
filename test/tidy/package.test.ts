import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { linksOf } from '../docs/markdown.ts';
import { type RepositoryFile, repositoryFiles, repositoryText } from './repository-files.ts';

interface Manifest {
  readonly type: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly exports: Record<string, unknown>;
  readonly files: readonly string[];
  readonly [field: string]: unknown;
}

interface Lock {
  readonly packages: Record<string, Record<string, unknown>>;
}

const root: string = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(repositoryText('package.json')) as Manifest;
const lock = JSON.parse(repositoryText('package-lock.json')) as Lock;

/** The fields of a manifest that make whoever installs the package install something else as well. */
function dependencyFields(fields: Record<string, unknown>): string[] {
  return Object.keys(fields).filter((field) => /dependencies$/i.test(field) && field !== 'devDependencies');
}

/** Packages of a lock file that name where they came from: a host that others may not reach. */
function packagesWithHost({ packages }: Lock): string[] {
  return Object.keys(packages).filter((path) => packages[path]?.['resolved'] !== undefined);
}

/** Packages of a lock file that a tampered registry could replace unnoticed. */
function packagesWithoutIntegrity({ packages }: Lock): string[] {
  return Object.keys(packages).filter((path) => path !== '' && packages[path]?.['integrity'] === undefined);
}

/** Whether a file is in the package. npm adds the last three whatever `files` says. */
function isShipped(path: string, files: readonly string[]): boolean {
  return [...files, 'README.md', 'LICENSE', 'package.json'].some(
    (kept) => path === kept || path.startsWith(`${kept}/`),
  );
}

/** Links of shipped documents to files that are only in the repository. */
function linksOutOfPackage(documents: readonly RepositoryFile[], files: readonly string[]): string[] {
  const shipped = documents.filter(({ path }) => isShipped(path, files));
  return shipped.flatMap(({ path, text }) => {
    const relative = linksOf(text).filter(({ target }) => !/^(?:[a-z]+:|#)/.test(target));
    const missing = relative.filter(({ target }) => {
      return !isShipped(posix.join(posix.dirname(path), target.split('#')[0] ?? ''), files);
    });
    return missing.map(({ target, line }) => `${path}:${line}: ${target}`);
  });
}

describe('package.json', () => {
  test('has no runtime dependencies, and peers only that are optional', () => {
    expect(dependencyFields(manifest)).toEqual(['peerDependencies']);
    const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest as unknown as Record<string, object>;
    expect(Object.keys(peerDependencies)).toEqual(['pg', 'postgres']);
    expect(peerDependenciesMeta).toEqual({ pg: { optional: true }, postgres: { optional: true } });
  });

  test('is ESM for the oldest Node that is promised, under the licence of the LICENSE file', () => {
    expect(manifest).toMatchObject({ type: 'module', license: 'MIT', engines: { node: '>=20.19' } });
    expect(repositoryText('LICENSE')).toMatch(/^MIT License/);
  });

  test('publishes what is built, and exports nothing else', () => {
    expect(manifest.files).toContain('dist');
    const targets = JSON.stringify(manifest.exports).match(/"\.\/[^"]+\.(?:js|ts)"/g) ?? [];
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(target).toMatch(/^"\.\/dist\//);
  });
});

describe('what ships', () => {
  test('is there, except for what the build makes', () => {
    const missing = manifest.files.filter((path) => path !== 'dist' && !existsSync(root + path));
    expect(missing).toEqual([]);
  });

  test('is no document that only the repository needs', () => {
    const internals = [
      'crash-argument',
      'decisions',
      'design',
      'format',
      'performance-notes',
      'reading-the-source',
      'testing',
    ];
    for (const name of internals) expect(isShipped(`docs/${name}.md`, manifest.files), name).toBe(false);
  });

  test('has links that lead to what ships', () => {
    expect(linksOutOfPackage(repositoryFiles('', ['.md']), manifest.files)).toEqual([]);
  });

  test('has the sources that its declaration maps point at', () => {
    const { compilerOptions } = JSON.parse(repositoryText('tsconfig.build.json')) as {
      compilerOptions: Record<string, unknown>;
    };
    expect(compilerOptions).toMatchObject({ declarationMap: true, rootDir: 'src', outDir: 'dist' });
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'src']));
  });
});

describe('the addresses of the package', () => {
  const { homepage, repository, bugs } = manifest as unknown as {
    homepage: string;
    repository: { url: string };
    bugs: { url: string };
  };
  const addresses = [homepage, repository.url.replace(/^git\+/, ''), bugs.url];

  test('are on one host', () => {
    expect(new Set(addresses.map((address) => new URL(address).host)).size).toBe(1);
  });

  // A name under `.example` is reserved: no caller can register it, so that it cannot be mistaken for a real address.
  test('stop a publication while they are placeholders', () => {
    const publish = (): unknown => execFileSync('npm', ['run', 'prepublishOnly'], { cwd: root, stdio: 'pipe' });
    if (addresses.some((address) => new URL(address).host.endsWith('.example'))) {
      expect(publish).toThrow(/no public address yet/);
    } else {
      expect(publish).not.toThrow();
    }
  });
});

describe('package-lock.json', () => {
  test('names no registry', () => {
    expect(packagesWithHost(lock)).toEqual([]);
  });

  test('has a checksum for every package', () => {
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
    expect(packagesWithoutIntegrity(lock)).toEqual([]);
  });

  // A lock written where the registry lacks the builds for other platforms leaves them out, and `npm ci` then fails there.
  test('has every optional package that a package asks for', () => {
    expect(missingOptionalPackages(lock)).toEqual([]);
  });
});

function missingOptionalPackages({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([path, fields]) => {
    const names = Object.keys((fields['optionalDependencies'] as Record<string, string> | undefined) ?? {});
    return names.filter((name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages));
  });
}

describe('the checks of the package', () => {
  test('find links to files that do not ship', () => {
    const text = '[a](docs/a.md#b) [c](docs/c.md) [d](#d) [e](https://example.org) [f](LICENSE) [g](dist/g.js)';
    const documents = [
      { path: 'README.md', text },
      { path: 'docs/c.md', text: '[x](x.md)' },
    ];
    expect(linksOutOfPackage(documents, ['dist', 'docs/a.md'])).toEqual(['README.md:1: docs/c.md']);
  });

  test('find runtime dependencies of every kind', () => {
    const fields = { dependencies: {}, peerDependencies: {}, optionalDependencies: {}, bundledDependencies: [] };
    expect(dependencyFields({ ...fields, devDependencies: {} })).toEqual(Object.keys(fields));
  });

  test('find hosts, missing checksums and missing optional packages', () => {
    const packages = {
      '': {},
      'node_modules/a': { resolved: 'https://registry.example/a.tgz', integrity: 'sha512-' },
      'node_modules/b': { optionalDependencies: { a: '1.0.0', 'b-linux': '1.0.0' } },
    };
    expect(packagesWithHost({ packages })).toEqual(['node_modules/a']);
    expect(packagesWithoutIntegrity({ packages })).toEqual(['node_modules/b']);
    expect(missingOptionalPackages({ packages })).toEqual(['b-linux']);
  });
});
