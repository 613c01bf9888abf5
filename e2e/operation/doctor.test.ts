// @slow
import { spawn } from 'node:child_process';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type AnyFactor, composeFactors, type FactorEvent, generateKey } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { startParseServer } from '@parse-factors/test-server/parse-server';
import { TotpFactor } from '@parse-factors/totp';
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest';
import { removeAllHooks } from '../support/cloud-code.js';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { storeFactor } from '../support/rows.js';

/** The command `parse-factors doctor` as a process of its own, against real servers with one fault each. */

const cli = fileURLToPath(new URL('../../packages/core/src/cli.ts', import.meta.url));
const EVERYTHING_READ: string[] = [];

let stage: Stage;
let hasStage = false;

/** A server without a fault. Each test takes one thing away. */
const SOUND: StageOptions = {
  install: true,
  compose: { notices: true, eventLog: { keepDays: 90 }, clock: Date.now },
  server: {
    protectedFields: { _User: { '*': ['authData'] } },
    allowClientClassCreation: false,
    logLevels: { triggerBeforeSuccess: 'silent', triggerAfter: 'silent', triggerBeforeError: 'silent' },
  },
};

async function start({ compose, server, ...others }: StageOptions = {}): Promise<void> {
  stage = await startStage({
    ...SOUND,
    ...others,
    compose: { ...SOUND.compose, ...compose },
    server: { ...SOUND.server, ...server },
  });
  hasStage = true;
}
afterEach(async () => {
  if (hasStage) await stage.stop();
  hasStage = false;
});
afterAll(() => {
  for (const text of EVERYTHING_READ) expect(text).not.toContain('master-secret');
});

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function doctor(given: readonly string[] = [], { url = stage.url, key = 'master' } = {}): Promise<Run> {
  const args = ['--import', 'tsx', '--conditions=@parse-factors/source', cli, 'doctor', '--server-url', url, '--app-id', 'test'];
  const child = spawn(process.execPath, [...args, ...given], {
    env: { ...process.env, PARSE_SERVER_MASTER_KEY: key },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  EVERYTHING_READ.push(stdout, stderr);
  return { status, stdout, stderr };
}
const reasonsIn = ({ stdout }: Run): string[] => [...stdout.matchAll(/^- (\w+): /gm)].map(([, reason = '']) => reason);

describe('a sound server', () => {
  it('is silent, with status 0, and as JSON names versions and keys, and no secret', async () => {
    await start();
    stage.time.now = Date.now();
    await stage.enrolTotp(await stage.signUp());
    expect(await doctor()).toEqual({ status: 0, stdout: '', stderr: '' });
    const { status, stdout } = await doctor(['--json']);
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as object;
    expect(report).toMatchObject({
      findings: [],
      node: process.versions.node,
      keys: ['test'],
      factors: expect.arrayContaining(['totp']),
    });
    expect(stdout).not.toContain(stage.keys.split(':')[1]);
  });
});

describe('a server with one fault', () => {
  const server = (options: Readonly<Record<string, unknown>>): StageOptions => ({ server: options });
  const loud = { silent: false, logLevel: 'info', loggerAdapter: { log: () => undefined, query: () => undefined } };

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
  ])('is told of %s, in words and by status 1', async (reason, options) => {
    await start(options);
    const found = await doctor();
    expect([found.status, found.stderr]).toEqual([1, '']);
    expect(new Set(reasonsIn(found))).toEqual(new Set([reason]));
  });

  it('is told that nothing has installed the guard', async () => {
    await start({ install: false });
    removeAllHooks(); // those of the server before, in this process
    const found = await doctor();
    expect([found.status, reasonsIn(found)]).toEqual([1, ['guard_not_installed']]);
    expect(found.stdout).toContain('Call factors.install(Parse)');
  });

  it('is told of records that no key opens', async () => {
    await start();
    await storeFactor(stage, await stage.signUp(), 'totp', { sealed: '1.gone.AAAA' });
    const found = await doctor();
    expect([found.status, reasonsIn(found)]).toEqual([1, ['records_unreadable']]);
    expect(found.stdout).toContain('Users cannot log in with "totp"');
  });

  it('is told of a proxy that it takes for all clients, once the request comes through it', async () => {
    await start();
    const { port } = new URL(stage.url);
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
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${new URL(stage.url).pathname}`;
      expect(reasonsIn(await doctor([], { url }))).toEqual(['proxy_not_trusted']);
      expect(await doctor()).toMatchObject({ status: 0, stdout: '' });
    } finally {
      proxy.close();
    }
  });
});

describe('several faults', () => {
  it('come worst first under headings, and those that are allowed are left out', async () => {
    await start({ server: { protectedFields: {}, allowClientClassCreation: true }, compose: { notices: false } });
    await storeFactor(stage, await stage.signUp(), 'totp', { sealed: '1.gone.AAAA' });
    const found = await doctor();
    expect(reasonsIn(found)).toEqual(['auth_data_not_protected', 'records_unreadable', 'client_classes_allowed', 'notices_off']);
    expect(found.stdout).toMatch(/^Factors protect less [^]+\n\nUsers cannot log in, [^]+\n\nBefore real users come:\n/);
    const allowed = await doctor(['--allow', 'auth_data_not_protected,records_unreadable,client_classes_allowed']);
    expect([allowed.status, reasonsIn(allowed)]).toEqual([1, ['notices_off']]);
    const all = await doctor(['--allow', 'auth_data_not_protected,records_unreadable,client_classes_allowed,notices_off']);
    expect(all).toEqual({ status: 0, stdout: '', stderr: '' });
    const json = JSON.parse((await doctor(['--json'])).stdout) as { findings: { level: string; reason: string }[] };
    expect(json.findings.map(({ level }) => level)).toEqual(['unprotected', 'broken', 'advice', 'advice']);
  });

  it('the command reports all that the self-check reports, in the same words', async () => {
    await start({ server: { protectedFields: {} } });
    const own = await stage.factors.check();
    const json = JSON.parse((await doctor(['--json'])).stdout) as { findings: object[] };
    expect(json.findings).toMatchObject(own);
    expect(own).toHaveLength(1);
  });
});

describe('a server that cannot be asked', () => {
  it('is status 2, and the master key is in no output', async () => {
    await start();
    const wrong = await doctor([], { key: 'master-secret' });
    expect([wrong.status, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toMatch(/answered 40[013]/);
    expect(await doctor([], { key: '' })).toMatchObject({ status: 2, stderr: 'PARSE_SERVER_MASTER_KEY is not set.\n' });
    expect((await doctor(['--master-key', 'master-secret'])).status).toBe(2);
    expect(await doctor([], { url: 'http://127.0.0.1:9/parse' })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('does not answer'),
    });
    expect(await doctor([], { url: 'http://acme.example/parse' })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('https://'),
    });
    expect(await doctor(['--help'])).toMatchObject({ status: 0, stderr: expect.stringContaining('parse-factors doctor') });
  });

  it.each([
    '{"result":{"findings":"none"}}',
    '{"result":{"findings":[{"level":1}]}}',
    '{"result":{}}',
    'not JSON',
    '{"result":[]}',
  ])('is status 2 where it answers %s', async (reply) => {
    const other = createServer((_request, response) =>
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(reply),
    );
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/parse`;
      expect(await doctor([], { url })).toMatchObject({ status: 2, stdout: '' });
    } finally {
      other.close();
    }
  });
});

it('prints no control characters of a server that sends some', async () => {
  const finding = { level: 'broken', reason: 'x', factor: '', sentence: 'red \u001b[31m and\u0007' };
  const reply = JSON.stringify({ result: { findings: [finding] } });
  const other = createServer((_request, response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(reply));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/parse`;
    expect(await doctor([], { url })).toMatchObject({ status: 1, stdout: expect.stringContaining('- x: red ?[31m and?') });
  } finally {
    other.close();
  }
});

describe('the Cloud function factorsCheck', () => {
  it('answers only the master key that may write', async () => {
    await start({ server: { readOnlyMasterKey: 'only to read', readOnlyMasterKeyIps: ['127.0.0.1', '::1'] } });
    const person = await stage.signUp();
    const call = (headers: Record<string, string>) => stage.call('POST', '/functions/factorsCheck', {}, headers);
    for (const headers of [{}, person.session, { 'X-Parse-Master-Key': 'only to read' }]) {
      const answer = await call(headers);
      expect([answer.status >= 400, answer.body['result']]).toEqual([true, undefined]);
    }
    expect(slug(await call(MASTER))).toBe('undefined');
    expect((await call(MASTER)).body['result'].findings).toEqual([]);
    const misconfigured = stage.events.filter(({ type }: FactorEvent) => type === 'misconfigured');
    expect(misconfigured).toEqual([]);
  });

  it('knows whether users can lose their only factor', async () => {
    const cases: readonly (readonly [Readonly<Record<string, AnyFactor>>, readonly string[]])[] = [
      [{}, ['no_way_back']],
      [{ recovery: new RecoveryCodesFactor() }, []],
    ];
    for (const [more, expected] of cases) {
      const factors = composeFactors({
        keys: generateKey('k'),
        factors: { totp: new TotpFactor({ issuer: 'Acme' }), ...more },
        selfCheck: false,
      });
      const cloud = (parse: Parameters<typeof factors.install>[0]): void => factors.install(parse);
      const server = await startParseServer(inject('database'), { ...SOUND.server, auth: { ...factors.auth }, cloud });
      try {
        expect(reasonsIn(await doctor([], { url: server.url }))).toEqual(expected);
      } finally {
        await server.stop();
      }
    }
  });
});
