import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../src/crypto/keyring.js';

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
