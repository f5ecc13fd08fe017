import { describe, expect, test } from 'vitest';
import { repositoryText } from './repository-files.ts';

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

describe('package.json', () => {
  test('has no runtime dependencies', () => {
    expect(dependencyFields(manifest)).toEqual([]);
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
