import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mfaCompat } from '@parse-factors/mfa-compat';
import { TotpFactor } from '@parse-factors/totp';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { composeFactors, generateKey, proofOfWork, type FactorEvent } from '@parse-factors/core';
import { startParseServer } from '@parse-factors/test-server/parse-server';
import { cloudCode } from '../support/cloud-code.js';
import { startStage, type Stage, type StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';

/** What is reported at the start of a server whose configuration leaves the factors open. */

const PROTECTED = { _User: { '*': ['authData'] } };
let stage: Stage;
const start = async (options: StageOptions): Promise<void> => {
  stage = await startStage({ ...options, compose: { selfCheck: true, ...options.compose } });
};
afterEach(() => stage.stop());

const reasons = async (): Promise<string[]> => (await stage.factors.check()).map(({ reason }) => reason);

describe('the self-check', () => {
  it('the self-check finds nothing on a sound server', async () => {
    await start({ install: true, server: { protectedFields: PROTECTED } });
    expect(await stage.factors.check()).toEqual([]);
  });

  it('the self-check accepts authData that the class itself protects', async () => {
    await start({ install: true });
    expect(await reasons()).toEqual(['auth_data_not_protected']);
    const classLevelPermissions = { protectedFields: { '*': ['authData'] } };
    const { status } = await stage.call('PUT', '/schemas/_User', { className: '_User', classLevelPermissions }, MASTER);
    expect(status).toBe(200);
    expect(await reasons()).toEqual([]);
  });

  it('the server reports soon after its start that the guard was forgotten', async () => {
    const logged: string[] = [];
    const loggerAdapter = { log: (_level: string, message: string) => logged.push(message), query: () => undefined };
    await start({ server: { protectedFields: PROTECTED, loggerAdapter } });
    await expect
      .poll(() => stage.events.filter(({ type }) => type === 'misconfigured'), { timeout: 10_000 })
      .toMatchObject([{ reason: 'guard_not_installed', factor: '' }]);
    expect(logged.join('\n')).toContain('parse-factors: guard_not_installed: ');
    stage.factors.install();
    expect(await reasons()).toEqual([]);
  });

  it('the server reports authData that is not protected, even with the guard', async () => {
    await start({ install: true });
    await expect
      .poll(() => stage.events.filter(({ type }) => type === 'misconfigured').map(({ reason }) => reason), { timeout: 10_000 })
      .toEqual(['auth_data_not_protected']);
  });

  it('the self-check knows that an application calls the guard from its own triggers', async () => {
    await start({ install: { except: ['beforeSave'] }, server: { protectedFields: PROTECTED } });
    cloudCode().Cloud.beforeSave('_User', (request) => stage.factors.beforeSaveUser(request));
    expect(await reasons()).toEqual([]);
  });

  it('the self-check reports a factor that users have and auth no longer names, but not one that no user has', async () => {
    await start({ install: true, server: { protectedFields: PROTECTED } });
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    await stage.factors.check(); // as at every start: notes which there are

    const events: FactorEvent[] = [];
    const keys = generateKey('later');
    const later = composeFactors({
      keys,
      factors: { authenticator: new TotpFactor({ issuer: 'Acme' }) },
      onEvent: (event) => events.push(event),
    });
    const server = await startParseServer(
      inject('database'),
      {
        auth: { ...later.auth },
        protectedFields: PROTECTED,
        cloud: (parse: Parameters<typeof later.install>[0]) => later.install(parse),
      },
      stage.databaseUri,
    );
    try {
      expect(await later.check()).toEqual([
        { reason: 'factor_not_configured', factor: 'totp', sentence: expect.stringContaining('"totp"') },
      ]);
      await expect
        .poll(() => events.filter(({ type }) => type === 'misconfigured'), { timeout: 10_000 })
        .toMatchObject([{ reason: 'factor_not_configured', factor: 'totp' }]);
    } finally {
      await server.stop();
    }
  });

  it('the self-check reports a factor that is to reset passwords, and finds no address that it could use', async () => {
    const startWith = (more: object): Promise<void> =>
      start({
        install: true,
        compose: { passwordReset: ['emailLogin', 'email'], ...more },
        server: { protectedFields: PROTECTED },
      });
    await startWith({});
    expect(await stage.factors.check()).toEqual([
      { reason: 'reset_finds_no_email', factor: 'email', sentence: expect.stringContaining('verifyUserEmails') },
    ]);
    await stage.stop();
    await startWith({ addressVerification: { email: 'email' } });
    expect(await reasons()).toEqual([]);
  });

  it('the self-check reports a factor of ours under whose key auth serves something else', async () => {
    await start({ install: true, server: { protectedFields: PROTECTED } });
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    for (const other of [undefined, false, { policy: 'default' }]) {
      stage.auth['totp'] = other;
      expect(await stage.factors.check()).toMatchObject([{ reason: 'factor_not_configured', factor: 'totp' }]);
    }
    stage.auth['totp'] = stage.factors.auth['totp'];
    expect(await reasons()).toEqual([]);
  });

  it('the self-check reports a check of a header that browsers may not send from another origin', async () => {
    const allow = [proofOfWork(), { header: 'x-own', check: () => true }, () => true];
    await start({
      install: true,
      emailLogin: { allow },
      server: { protectedFields: PROTECTED, allowHeaders: ['X-Parse-Factors-Proof'] },
    });
    expect(await stage.factors.check()).toEqual([
      { reason: 'check_header_not_allowed', factor: 'emailLogin', sentence: expect.stringContaining("allowHeaders: ['x-own']") },
    ]);
  });

  it('the self-check says so when it cannot look, and still reports what it knows', async () => {
    await start({ server: { protectedFields: PROTECTED } });
    const open = { className: 'FactorKey', classLevelPermissions: { find: { '*': true }, create: { '*': true } } };
    expect((await stage.call('POST', '/schemas/FactorKey', open, MASTER)).status).toBe(200);
    expect(await reasons()).toEqual(['guard_not_installed', 'check_failed']);
  });

  it('the self-check says whether users of a disabled factor cannot log in or are not asked', async () => {
    await start({ install: true, server: { protectedFields: PROTECTED } });
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const adapter = stage.factors.auth['totp'];
    stage.auth['totp'] = { ...adapter, enabled: false };
    expect(await stage.factors.check()).toMatchObject([{ reason: 'factor_disabled', factor: 'totp' }]);
    expect((await stage.logIn(person)).status).toBe(400);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(400);
    stage.auth['totp'] = { enabled: false };
    expect(await stage.factors.check()).toMatchObject([{ reason: 'factor_not_configured', factor: 'totp' }]);
    expect((await stage.factors.check())[0]?.sentence).toContain('disables');
    expect((await stage.logIn(person)).status).toBe(200);
    stage.auth['totp'] = adapter;
  });

  it('the self-check reports a log level at which request bodies are logged', async () => {
    const loggerAdapter = { log: () => undefined, query: () => undefined };
    for (const [logLevel, expected] of [
      ['verbose', ['bodies_are_logged']],
      ['silly', ['bodies_are_logged']],
      ['info', []],
    ] as const) {
      await start({ install: true, server: { protectedFields: PROTECTED, logLevel, loggerAdapter } });
      expect(await reasons()).toEqual(expected);
      if (logLevel !== 'info') await stage.stop();
    }
  });

  it("the self-check reports records that no key opens, and its event tells a missing key from a store's fault", async () => {
    await start({ install: true, server: { protectedFields: PROTECTED } });
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const events: FactorEvent[] = [];
    const later = composeFactors({
      keys: generateKey('later'),
      factors: { totp: new TotpFactor({ issuer: 'Acme' }) },
      onEvent: (event) => events.push(event),
      selfCheck: false,
    });
    const install = (parse: Parameters<typeof later.install>[0]): void => later.install(parse);
    const options = { auth: { ...later.auth }, protectedFields: PROTECTED, cloud: install };
    const server = await startParseServer(inject('database'), options, stage.databaseUri);
    try {
      expect(await later.check()).toMatchObject([{ reason: 'records_unreadable', factor: 'totp' }]);
      const { username, password } = person;
      const login = await server.call('POST', '/login', { username, password, authData: { totp: '123456' } });
      expect(login.body['error']).toMatch(/^unavailable: /);
      expect(events.filter(({ type }) => type === 'fault').map(({ reason }) => reason)).toContain('unknown_key');
    } finally {
      await server.stop();
    }
  });

  it('the self-check reports that users cannot see their own factors', async () => {
    await start({ install: true, server: { protectedFields: PROTECTED, protectedFieldsOwnerExempt: false } });
    expect(await reasons()).toEqual(['owners_see_no_factors']);
  });

  it('the self-check reports a router with which Parse Server does not work', async () => {
    await start({ install: true, server: { protectedFields: PROTECTED } });
    const folder = mkdtempSync(join(tmpdir(), 'router-'));
    const layer = join(folder, 'router', 'lib', 'layer.js');
    mkdirSync(dirname(layer), { recursive: true });
    writeFileSync(layer, '');
    const require = createRequire(layer);
    try {
      for (const [version, expected] of [
        ['2.2.0', []],
        ['2.3.0', ['router_incompatible']],
      ] as const) {
        const manifest = join(folder, 'router', 'package.json');
        writeFileSync(manifest, JSON.stringify({ name: 'router', version }));
        delete require.cache[manifest];
        require(layer);
        expect(await reasons()).toEqual(expected);
      }
    } finally {
      for (const path of Object.keys(require.cache)) if (path.startsWith(folder)) delete require.cache[path];
      rmSync(folder, { recursive: true });
    }
  });

  it('the self-check reports another second factor beside which ours are not asked for', async () => {
    const pin = { policy: 'additional', challenge: () => undefined };
    const server = { protectedFields: PROTECTED, auth: { pin, mfa: { options: ['TOTP'] }, plain: { policy: 'default' } } };
    await start({ install: true, server });
    expect((await stage.factors.check()).map(({ reason, factor }) => [reason, factor])).toEqual([
      ['other_second_factor', 'pin'],
      ['other_second_factor', 'mfa'],
    ]);
  });

  it('the self-check accepts an adapter in the place of the built-in mfa', async () => {
    await start({ install: true, server: { protectedFields: PROTECTED }, more: { mfa: mfaCompat({ options: ['TOTP'] }) } });
    expect(await stage.factors.check()).toEqual([]);
  });

  it('the self-check can be turned off, and says nothing about a server that is not up', async () => {
    await start({ compose: { selfCheck: false } });
    const idle = composeFactors({ keys: generateKey('idle'), factors: { totp: new TotpFactor({ issuer: 'Acme' }) } });
    expect(await idle.check()).toEqual([]);
    expect(await reasons()).toEqual(['guard_not_installed', 'auth_data_not_protected']);
  });
});

describe("Parse Server's security report", () => {
  interface ReportedGroup {
    readonly name: string;
    readonly state: string;
    readonly checks: readonly { readonly title: string; readonly state: string }[];
  }
  const startReporting = async (options: StageOptions): Promise<void> => {
    const checkGroups: unknown[] = [];
    await startStage({
      ...options,
      server: { ...options.server, security: { enableCheck: true, checkGroups } },
    }).then((started) => (stage = started));
    checkGroups.push(stage.factors.checkGroup());
  };
  const report = async (): Promise<readonly ReportedGroup[]> =>
    (await stage.call('GET', '/security', undefined, MASTER)).body['report'].groups as ReportedGroup[];
  const titles = async (): Promise<readonly string[]> =>
    (await report()).flatMap(({ checks }) => checks.map(({ title }) => title));

  it('fails before the first self-check, and shows what it found after it', async () => {
    await startReporting({ install: true });
    expect(await report()).toEqual([
      {
        name: 'Factors',
        state: 'fail',
        checks: [
          {
            title: 'Self-check of the factors',
            state: 'fail',
            warning: 'It has not run yet since the server has started.',
            solution: 'Reload this report in a few seconds.',
          },
        ],
      },
    ]);
    await expect.poll(titles).toEqual(['Auth data not protected']);
    expect((await report())[0]?.checks).toEqual([
      {
        title: 'Auth data not protected',
        state: 'fail',
        warning: 'Other users can read and query sealed authData.',
        solution: "Set protectedFields: { _User: { '*': ['authData'] } }.",
      },
    ]);
  });

  it('succeeds on a sound server', async () => {
    await startReporting({ install: true, server: { protectedFields: PROTECTED } });
    expect(await stage.factors.check()).toEqual([]);
    const [group] = await report();
    expect(group).toEqual({
      name: 'Factors',
      state: 'success',
      checks: [{ title: 'Self-check of the factors', state: 'success' }],
    });
  });

  it('looks again once a minute at most, and names the factor', async () => {
    await startReporting({ install: true, server: { protectedFields: PROTECTED } });
    await stage.factors.check();
    await report(); // begins a check
    await stage.enrolTotp(await stage.signUp());
    const { totp: _left, ...others } = stage.auth;
    Object.assign(stage.auth, { totp: undefined });
    expect(Object.keys(others)).not.toContain('totp');
    for (let look = 0; look < 3; look += 1) await report();
    stage.time.now += 60_000;
    await report();
    await expect.poll(titles).toEqual(['Factor not configured: totp']);
  });

  it('fails while the database cannot be read', async () => {
    await startReporting({ install: true, server: { protectedFields: PROTECTED } });
    await stage.factors.check();
    const { Parse } = globalThis as unknown as { readonly Parse: { readonly Server: { readonly database: object } } };
    // Each use of `Parse.Server` has another controller.
    const database = Object.getPrototypeOf(Parse.Server.database) as { loadSchema: () => Promise<unknown> };
    const { loadSchema } = database;
    database.loadSchema = () => Promise.reject(new Error('down'));
    try {
      await report();
      await expect.poll(async () => (await report())[0]?.state).toBe('fail');
    } finally {
      database.loadSchema = loadSchema;
    }
  });

  it('is for the master key', async () => {
    await startReporting({ install: true });
    expect((await stage.call('GET', '/security')).status).toBe(403);
  });
});
