// @slow
import { createServer, request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FACTOR_WEBHOOK_CLASS, proofOfWork } from '@parse-factors/core';
import { redisStore } from '@parse-factors/redis-store';
import { onPostgres } from '@parse-factors/test-server/database/test-database';
import { requireParseServer } from '@parse-factors/test-server/parse-server-home';
import { hasRedis, RedisServer } from '@parse-factors/test-server/redis';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FINDING_LEVELS } from '../../packages/core/src/parse/check/finding.js';
import { removeAllHooks } from '../support/cloud-code.js';
import { DoctorRig } from '../support/doctor.js';
import type { StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { storeFactor } from '../support/rows.js';
import { HOUR } from '../support/time.js';
import { SECRET } from '../support/webhook-stage.js';

/** The command `parse-factors doctor` as a process of its own, against real servers with one fault each. */

const rig = new DoctorRig();
beforeAll(() => rig.open());
afterEach(() => rig.stop());
afterAll(() => rig.close());

const server = (options: Readonly<Record<string, unknown>>): StageOptions => ({ server: options });
const loud = { silent: false, logLevel: 'info', loggerAdapter: { log: () => undefined, query: () => undefined } };
/** A function as a channel sends no notices. */
const mute = { channel: () => undefined };
const tomorrow = (): string => new Date(Date.now() + 24 * HOUR).toISOString().slice(0, 10);

describe('options of the server or of the factors', () => {
  it.each<readonly [string, StageOptions]>([
    ['auth_data_not_protected', server({ protectedFields: {} })],
    ['bodies_are_logged', server({ ...loud, logLevel: 'verbose' })],
    ['other_second_factor', server({ auth: { mfa: { options: ['TOTP'], enabled: true } } })],
    ['owners_see_no_factors', server({ protectedFieldsOwnerExempt: false })],
    ['client_classes_allowed', server({ allowClientClassCreation: true })],
    ['master_key_from_everywhere', server({ masterKeyIps: ['0.0.0.0/0', '::/0'] })],
    ['master_key_from_everywhere', server({ readOnlyMasterKey: 'r', readOnlyMasterKeyIps: ['::/0', '0.0.0.0/0'] })],
    ['names_are_logged', server({ ...loud, logLevels: { triggerBeforeSuccess: 'silent', triggerBeforeError: 'silent' } })],
    ['not_https', server({ publicServerURL: 'http://acme.example/parse' })],
    ['clocks_differ', { compose: { clock: () => Date.now() + 60_000 } }],
    ['events_kept_for_good', { compose: { eventLog: true } }],
    ['notices_off', { compose: { notices: false } }],
    ['notices_off', { sms: mute, mail: mute, emailLogin: mute, phoneLogin: mute }],
    ['reset_finds_no_email', { compose: { passwordReset: ['email'] } }],
    ['check_header_not_allowed', { emailLogin: { allow: proofOfWork() } }],
    ['test_codes', { mail: { testCodes: { addresses: { 'review@example.com': '739164' }, until: tomorrow() } } }],
  ])('%s is told in words, and by status 1', async (reason, options) => {
    await rig.start(options);
    await rig.expectOnly(reason);
  });
});

describe('the installation', () => {
  it('guard_not_installed, where nothing has installed it', async () => {
    await rig.start({ install: false });
    removeAllHooks(); // those of the server before, in this process
    expect(await rig.expectOnly('guard_not_installed')).toContain('Call factors.install(Parse)');
  });

  it('writes_not_gated, as where parse-server is part of a bundle', async () => {
    await rig.start();
    const { prototype } = requireParseServer('parse-server/lib/Controllers/DatabaseController.js') as { prototype: object };
    const gate = Reflect.get(prototype, Symbol.for('parse-factors.write-gate')) as { readonly handlers: unknown[] };
    const handlers = gate.handlers.splice(0);
    try {
      await rig.expectOnly('writes_not_gated');
    } finally {
      gate.handlers.push(...handlers);
    }
  });

  it('router_incompatible', async () => {
    await rig.start();
    const folder = mkdtempSync(join(tmpdir(), 'router-'));
    const layer = join(folder, 'router', 'lib', 'layer.js');
    mkdirSync(dirname(layer), { recursive: true });
    writeFileSync(layer, '');
    writeFileSync(join(folder, 'router', 'package.json'), JSON.stringify({ name: 'router', version: '2.3.0' }));
    const require = createRequire(layer);
    try {
      require(layer);
      await rig.expectOnly('router_incompatible');
    } finally {
      for (const path of Object.keys(require.cache)) if (path.startsWith(folder)) delete require.cache[path];
      rmSync(folder, { recursive: true });
    }
  });

  it('version_unsupported, and parse_server_too_old on MongoDB, for a Parse Server that says so', async () => {
    // The file from which each request gets the version of the server. No other version can be installed beside this one.
    const manifest = requireParseServer('parse-server/package.json') as { version: string };
    const { version } = manifest;
    await rig.start();
    try {
      for (const other of ['7.5.0', '10.0.0']) {
        manifest.version = other;
        expect(await rig.expectOnly('version_unsupported')).toContain(`Parse Server ${other}`);
      }
      for (const other of ['8.6.59', '9.5.1']) {
        manifest.version = other;
        if (onPostgres) await rig.expectSound();
        else expect(await rig.expectOnly('parse_server_too_old')).toContain(`Parse Server ${other}`);
      }
    } finally {
      manifest.version = version;
    }
  });

  it('check_failed, where the class of the check is open', async () => {
    const stage = await rig.start();
    const open = { className: 'FactorKey', classLevelPermissions: { find: { '*': true }, create: { '*': true } } };
    expect((await stage.call('POST', '/schemas/FactorKey', open, MASTER)).status).toBe(200);
    await rig.expectOnly('check_failed');
  });

  it('session_field_taken', async () => {
    const stage = await rig.start();
    const fields = { factorMethods: { type: 'String' } };
    expect((await stage.call('POST', '/schemas/_Session', { className: '_Session', fields }, MASTER)).status).toBe(200);
    await rig.expectOnly('session_field_taken');
  });
});

describe('factors and records', () => {
  it('factor_not_configured and factor_disabled', async () => {
    const stage = await rig.start();
    await rig.enrolUser();
    const { totp } = stage.auth;
    stage.auth['totp'] = undefined;
    expect(await rig.expectOnly('factor_not_configured')).toContain('"totp"');
    stage.auth['totp'] = { ...(totp as object), enabled: false };
    expect(await rig.expectOnly('factor_disabled')).toContain('"totp"');
  });

  it('records_unreadable', async () => {
    const stage = await rig.start();
    await storeFactor(stage, await stage.signUp(), 'totp', { sealed: '1.gone.AAAA' });
    expect(await rig.expectOnly('records_unreadable')).toContain('Users cannot log in with "totp"');
  });

  it('app_id_changed', async () => {
    const stage = await rig.start();
    const { databaseUri, keys } = stage;
    await rig.enrolUser();
    await stage.factors.check(); // as at every start: notes the id
    await rig.start({ databaseUri, compose: { keys }, server: { appId: 'other' } });
    await rig.expectOnly('app_id_changed', { appId: 'other' });
  });

  it('webhook_waiting', async () => {
    const webhook = { url: 'http://127.0.0.1:9/events', secrets: [SECRET] };
    const stage = await rig.start({ compose: { webhook } });
    await rig.enrolUser();
    await expect.poll(async () => (await stage.rows.find(FACTOR_WEBHOOK_CLASS).catch(() => [])).length).toBeGreaterThan(0);
    await stage.rows.update(FACTOR_WEBHOOK_CLASS, {}, { at: Date.now() - 2 * HOUR });
    await rig.expectOnly('webhook_waiting');
  });
});

describe('what the server depends on', () => {
  it('proxy_not_trusted, once the request comes through a proxy', async () => {
    const stage = await rig.start();
    const { port, pathname } = new URL(stage.url);
    const proxy = createServer((incoming, outgoing) => {
      const headers = { ...incoming.headers, 'x-forwarded-for': '192.0.2.7' };
      const passed = httpRequest({ port, path: incoming.url, method: incoming.method, headers }, (reply) => {
        outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(outgoing);
      });
      incoming.pipe(passed);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${pathname}`;
      await rig.expectOnly('proxy_not_trusted', { url });
      await rig.expectSound();
    } finally {
      proxy.close();
    }
  });

  describe.skipIf(!hasRedis())('a store on Redis', () => {
    it('clocks_differ names its clock, and store_unreachable that it is down', async () => {
      const redis = new RedisServer();
      await redis.start();
      const client = createClient({ url: redis.url, disableOfflineQueue: true });
      client.on('error', () => undefined);
      await client.connect();
      let aheadMs = 0;
      try {
        await rig.start({ compose: { store: redisStore({ client }), clock: () => Date.now() + aheadMs } });
        await rig.expectSound();
        aheadMs = 60_000;
        expect(await rig.expectOnly('clocks_differ')).toMatch(/of the store of codes differ by (?:59|60|61) seconds/);
        aheadMs = 0;
        await redis.crash();
        expect(await rig.expectOnly('store_unreachable')).toMatch(/does not answer: \w+\./);
      } finally {
        client.destroy();
        await redis.remove();
      }
    });
  });

  it.runIf(onPostgres)('database_adapter_unknown', async () => {
    const { default: Adapter } = requireParseServer('parse-server/lib/Adapters/Storage/Postgres/PostgresStorageAdapter.js') as {
      readonly default: new (options: object) => object;
    };
    const { databaseUri } = await rig.start();
    // It does not show the driver, as an adapter of the app's own.
    const databaseAdapter = new Proxy(new Adapter({ uri: databaseUri, collectionPrefix: '', databaseOptions: {} }), {
      get: (target, name) => {
        if (name === '_client') return undefined;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const noFile = async (): Promise<void> => undefined;
    const filesAdapter = { createFile: noFile, deleteFile: noFile, getFileData: noFile, getFileLocation: noFile };
    await rig.start({ databaseUri, server: { databaseURI: undefined, databaseAdapter, filesAdapter } });
    await rig.expectOnly('database_adapter_unknown');
    expect(await rig.report()).toMatchObject({ database: { kind: 'other', version: '' } });
  });
});

/** Findings that the command finds in another file, or only on another database. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  no_way_back: 'doctor.test.ts', // a stage has several factors
  channel_unreachable: 'doctor-channels.test.ts',
  writes_can_be_lost: 'doctor-database.test.ts',
  users_not_unique: 'doctor-database.test.ts',
  index_missing: 'doctor-database.test.ts',
  records_of_older_keys: 'doctor-database.test.ts',
  reads_from_secondaries: 'doctor-database.test.ts', // on MongoDB
  ...(hasRedis() ? {} : { store_unreachable: 'doctor-faults.test.ts' }),
  ...(onPostgres
    ? { parse_server_too_old: 'doctor-faults.test.ts' } // on MongoDB
    : { database_adapter_unknown: 'doctor-faults.test.ts' }),
};

it('every finding was found by a run of the command', () => {
  const known = Object.keys(FINDING_LEVELS);
  expect([...rig.reasons, ...Object.keys(ELSEWHERE)].toSorted()).toEqual(known.toSorted());
  for (const [reason, file] of Object.entries(ELSEWHERE)) {
    const text = readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8');
    expect(text).toMatch(new RegExp(`expectOnly\\('${reason}'|\\['${reason}'\\]`));
  }
});
