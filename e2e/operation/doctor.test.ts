// @slow
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AnyFactor, composeFactors, type FactorEvent, generateKey } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { onPostgres } from '@parse-factors/test-server/database/test-database';
import { startParseServer } from '@parse-factors/test-server/parse-server';
import { TotpFactor } from '@parse-factors/totp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DoctorRig, type DoctorRun, reasonsIn, SOUND } from '../support/doctor.js';
import { slug, type Stage, type StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { storeFactor } from '../support/rows.js';

/** The command `parse-factors doctor` as a process of its own: what it prints, and what it refuses. */

const rig = new DoctorRig();
beforeAll(() => rig.open());
afterEach(() => rig.stop());
afterAll(async () => {
  await rig.close();
  for (const text of rig.printed) expect(text).not.toContain('master-secret');
});
const doctor: typeof rig.run = (given, options) => rig.run(given, options);
let stage: Stage;
const start = async (options?: StageOptions): Promise<void> => {
  stage = await rig.start(options);
};

describe('a sound server', () => {
  it('is silent, with status 0, and as JSON names versions and keys, and no secret', async () => {
    await start();
    await rig.enrolUser();
    await rig.expectSound();
    const { status, stdout } = await doctor(['--json']);
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as object;
    expect(report).toMatchObject({
      findings: [],
      node: process.versions.node,
      database: { kind: onPostgres ? 'postgres' : 'mongodb', version: expect.stringMatching(/^\d+\.\d+/) },
      keys: ['test'],
      factors: expect.arrayContaining(['totp']),
      records: { totp: { test: 1 }, otp: { test: 0 } },
    });
    expect(stdout).not.toContain(stage.keys.split(':')[1]);
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
    for (const key of ['master-secret\nx', 'master-secret-ключ'])
      expect(await doctor([], { key })).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^The master key may have ASCII/),
      });
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

  it('says what to look at, where an answer has several causes', async () => {
    await start();
    const says = async (...given: Parameters<typeof doctor>): Promise<string> => (await doctor(...given)).stderr;
    expect(await says(['--app-id', 'other'])).toBe(
      'The server answered 403: unauthorized. Check --app-id, and whether masterKeyIps of the server lists the address of this machine.\n',
    );
    expect(await says([], { key: 'wrong' })).toContain('Check PARSE_SERVER_MASTER_KEY.');
    expect(await says([], { url: stage.url.replace(/parse$/, 'nowhere') })).toBe(
      'The server answered 404: no readable error. Check --server-url: it ends with the path of Parse Server, such as /parse.\n',
    );
    await start({ server: { masterKeyIps: ['192.0.2.7'] } });
    expect(await says([])).toContain('Check --app-id, and whether masterKeyIps');
  });

  it.each([
    '{"result":{"findings":"none"}}',
    '{"result":{"findings":[{"level":1}]}}',
    '{"result":{}}',
    'not JSON',
    '{"result":[]}',
    '['.repeat(100_000),
  ])('is status 2 where it answers with something else, case %#', async (reply) => {
    expect(await doctorOf((response) => response.end(reply))).toMatchObject({ status: 2, stdout: '' });
  });
});

/** Runs the command against a server that answers everything with this text. */
async function doctorOf(answer: (response: ServerResponse) => unknown): Promise<DoctorRun> {
  const other = createServer((_request, response) => answer(response.writeHead(200, { 'Content-Type': 'application/json' })));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    return await doctor([], { url: `http://127.0.0.1:${(other.address() as AddressInfo).port}/parse` });
  } finally {
    other.closeAllConnections();
    other.close();
  }
}

it('prints no control characters of a server that sends some', async () => {
  const finding = { level: 'broken', reason: 'x', factor: '', sentence: 'red \u001b[31m and\u0007' };
  const found = await doctorOf((response) => response.end(JSON.stringify({ result: { findings: [finding] } })));
  expect(found).toMatchObject({ status: 1, stdout: expect.stringContaining('- x: red ?[31m and?') });
});

it('prints a finding without a reason, and no time that is none', async () => {
  const finding = { level: 'broken', reason: '', factor: '', sentence: 'Do this.' };
  const reply = JSON.stringify({ result: { findings: [finding] } }).replace('{"findings"', '{"at":1e400,"findings"');
  const found = await doctorOf((response) => response.end(reply));
  expect(found).toEqual({ status: 1, stdout: 'Users cannot log in, or logins slow down:\n- : Do this.\n', stderr: '' });
});

it('prints findings of levels that it does not know, below the others', async () => {
  const finding = (level: string, reason: string): object => ({ level, reason, factor: '', sentence: 'Do this.' });
  const findings = [finding('severe', 'new_one'), finding('toString', 'odd_one'), finding('advice', 'old_one')];
  const found = await doctorOf((response) => response.end(JSON.stringify({ result: { findings } })));
  expect([found.status, reasonsIn(found)]).toEqual([1, ['old_one', 'new_one', 'odd_one']]);
  expect(found.stdout).toContain('\n\nOf a kind that this version of the command does not know.');
});

it('gives a reply without an end up, and says why', async () => {
  const found = await doctorOf((response) => {
    const more = (): void => {
      while (response.write('"'.padEnd(1_000_000, 'x'))) continue;
      response.once('drain', more);
    };
    more();
  });
  expect(found).toEqual({ status: 2, stdout: '', stderr: 'The server answered with more than 16 MB.\n' });
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
      const server = await startParseServer(rig.databaseServer, { ...SOUND.server, auth: { ...factors.auth }, cloud });
      try {
        expect(reasonsIn(await doctor([], { url: server.url }))).toEqual(expected);
      } finally {
        await server.stop();
      }
    }
  });
});
