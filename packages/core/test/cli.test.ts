import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../src/crypto/keyring.js';
import { DASHBOARD_FUNCTIONS, type DashboardConfig } from '../src/flows/administration/dashboard-config.js';

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const run = (...given: string[]) => spawnSync(process.execPath, ['--import', 'tsx', cli, ...given], { encoding: 'utf8' });

describe('parse-factors keygen', () => {
  it('prints one key named after the month, ready to use', () => {
    const { status, stdout } = run('keygen');
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${new Date().toISOString().slice(0, 7)}:[A-Za-z0-9+/]{43}=\n$`));
    expect(() => new Keyring(stdout)).not.toThrow();
  });

  it('takes a name, and another key each time', () => {
    expect(run('keygen', 'staging').stdout).toMatch(/^staging:/);
    expect(run('keygen', 'a').stdout).not.toBe(run('keygen', 'a').stdout);
  });

  it.each([['keygen', 'a b'], ['keygen', ''], ['keygen', 'a', 'b'], ['genkey'], ['keygen', 'a:b']])(
    'answers %s with its usage, and prints no key',
    (...given) => {
      const { status, stdout, stderr } = run(...given);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain('parse-factors keygen [name]');
    },
  );
});

describe('parse-factors dashboard-config', () => {
  it('prints JSON for Parse Dashboard, which names only functions that install defines, and no secret', () => {
    const { status, stdout, stderr } = run('dashboard-config');
    expect(status).toBe(0);
    const { infoPanel, scripts, enableSecurityChecks } = JSON.parse(stdout) as DashboardConfig;
    expect(enableSecurityChecks).toBe(true);
    const named = [...infoPanel, ...scripts].map(({ cloudCodeFunction }) => cloudCodeFunction);
    const views = [...stderr.matchAll(/: (factors\w+)$/gm)].map(([, name]) => name);
    const sorted = (names: readonly unknown[]): string[] => names.map(String).toSorted((a, b) => a.localeCompare(b));
    expect(sorted([...named, ...views])).toEqual(sorted(Object.values(DASHBOARD_FUNCTIONS)));
  });

  it('takes no arguments', () => {
    expect(run('dashboard-config', '--master-key', 'x')).toMatchObject({ status: 2, stdout: '' });
  });
});
