// Why this test: a workflow runs on the machines of a host, so that a script it names wrongly, a version of Node that is never
// tested, or a permission too many is found too late.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { repositoryFiles, repositoryText } from './repository-files.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly 'runs-on'?: string;
  readonly 'timeout-minutes'?: number;
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly os: readonly string[]; readonly node: readonly number[] } };
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const root: string = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(repositoryText('package.json')) as {
  readonly version: string;
  readonly scripts: Record<string, string>;
  readonly engines: { readonly node: string };
};
const read = (name: string): Workflow => parse(repositoryText(`.github/workflows/${name}.yml`)) as Workflow;
const workflows: Readonly<Record<string, Workflow>> = { ci: read('ci'), release: read('release') };
const jobs = Object.values(workflows).flatMap((workflow) => Object.values(workflow.jobs));
const steps = jobs.flatMap((job) => job.steps ?? []);

describe('the workflows', () => {
  test('are all checked here', () => {
    const files = repositoryFiles('.github/workflows', ['']).map(({ path }) => path);
    expect(files).toEqual(Object.keys(workflows).map((name) => `.github/workflows/${name}.yml`));
    expect(steps.length).toBeGreaterThan(10);
  });

  test('run scripts that exist', () => {
    const commands = steps.flatMap(({ run }) => run ?? []);
    const scripts = commands.flatMap((run) => [...run.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? ''));
    expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
    expect(scripts).toContain('build');
    const files = commands.filter((run) => run.startsWith('.'));
    expect(files).toEqual(['.ci/run']);
    expect(files.every((file) => existsSync(root + file))).toBe(true);
  });

  test('use actions by their commit, with the version as a comment', () => {
    for (const { path, text } of repositoryFiles('.github/workflows', ['.yml'])) {
      const used = text.split('\n').filter((line) => line.includes('uses:'));
      const loose = used.filter((line) => !/uses: (?:\.\/|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/.test(line));
      expect({ path, loose }).toEqual({ path, loose: [] });
    }
  });

  test('may only read, have a limit of time, and store no credentials', () => {
    for (const { permissions } of Object.values(workflows)) expect(permissions).toEqual({ contents: 'read' });
    for (const job of jobs) expect(job.uses ?? job['timeout-minutes']).toBeDefined();
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout'));
    expect(checkouts.length).toBe(3);
    for (const checkout of checkouts) expect(checkout.with).toMatchObject({ 'persist-credentials': false });
    for (const workflow of Object.keys(workflows)) {
      expect(repositoryText(`.github/workflows/${workflow}.yml`)).not.toContain('secrets.');
    }
  });
});

describe('ci.yml', () => {
  const matrix = workflows['ci']?.jobs['tests']?.strategy?.matrix;

  test('runs the tests on three systems, with every even version of Node from the oldest that is promised', () => {
    expect(matrix?.os).toEqual(['ubuntu-latest', 'macos-latest', 'windows-latest']);
    const oldest = Number(/^>=(\d+)\./.exec(manifest.engines.node)?.[1]);
    expect(matrix?.node).toEqual([oldest, oldest + 2, oldest + 4, oldest + 6]);
  });

  test('documents what it runs', () => {
    const versions = matrix?.node.join(', ').replace(/, (\d+)$/, ' and $1');
    expect(repositoryText('CONTRIBUTING.md')).toContain(`Node ${versions} on Linux, macOS and Windows`);
  });
});

describe('release.yml', () => {
  const publish = workflows['release']?.jobs['publish'];

  test('publishes with provenance after everything has passed, for a tag with the version', () => {
    expect(workflows['release']?.on).toEqual({ release: { types: ['published'] } });
    expect(workflows['release']?.jobs['ci']?.uses).toBe('./.github/workflows/ci.yml');
    expect(workflows['ci']?.on).toHaveProperty('workflow_call');
    expect(publish).toMatchObject({ needs: 'ci', permissions: { contents: 'read', 'id-token': 'write' } });
    const commands = publish?.steps?.flatMap(({ run }) => run ?? []) ?? [];
    expect(commands[0]).toMatch(/GITHUB_REF_NAME.*package\.json.*version/);
    expect(commands.at(-1)).toBe('npm publish --provenance --access public');
  });
});

describe('the forms for issues', () => {
  const forms = repositoryFiles('.github/ISSUE_TEMPLATE', ['.yml'])
    .filter(({ path }) => !path.endsWith('config.yml'))
    .map(({ path, text }) => [path, parse(text) as { name: string; description: string; body: Field[] }] as const);

  test('are two', () => {
    expect(forms.map(([path]) => path.split('/').at(-1))).toEqual(['bug.yml', 'proposal.yml']);
  });

  test.each(forms)('%s has what the host requires', (_path, { name, description, body }) => {
    expect([typeof name, typeof description]).toEqual(['string', 'string']);
    for (const { type, attributes } of body) {
      expect(['markdown', 'textarea', 'input', 'checkboxes', 'dropdown']).toContain(type);
      expect(typeof attributes[type === 'markdown' ? 'value' : 'label']).toBe('string');
    }
    const ids = body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(body.filter(({ type }) => type !== 'markdown').length);
  });

  test('the one for bugs asks for what a bug needs, and names files that exist', () => {
    const [, bug] = forms[0] ?? [];
    expect(bug?.body.flatMap(({ id }) => id ?? [])).toEqual(
      expect.arrayContaining(['version', 'runtime', 'disk', 'options', 'events', 'verify', 'store']),
    );
    const named = [...repositoryText('.github/ISSUE_TEMPLATE/bug.yml').matchAll(/\b(?:docs\/)?[\w-]+\.md\b/g)];
    expect(named.length).toBeGreaterThan(2);
    for (const [file] of named) expect(existsSync(root + file), file).toBe(true);
  });
});
