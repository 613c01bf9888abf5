import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { generateKey, type ResealReport } from '@parse-factors/core';
import { Keyring } from '@parse-factors/core/factor';
import { mfaCompat } from '@parse-factors/mfa-compat';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { DAY } from '../support/time.js';
import { allStoredFactors, dropFactor, storedFactors, storeFactor } from '../support/rows.js';
import { equipped, type Equipped } from '../support/people.js';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';
import { onPostgres } from '@parse-factors/test-server/database/test-database';

const cli = fileURLToPath(new URL('../../packages/core/src/cli.ts', import.meta.url));
const [old, newer] = [generateKey('2026-05'), generateKey('2026-11')];

const options = (keys: string): StageOptions => ({
  install: { adminFunctions: true },
  compose: { keys },
  emailLogin: { adoptIdsBefore: Date.UTC(2100, 0) },
  more: {
    recovery: new RecoveryCodesFactor(),
    device: new TrustedDeviceFactor(),
    mfa: mfaCompat({ options: ['TOTP'], digits: 6, period: 30, algorithm: 'SHA1' }),
  },
  server: { readOnlyMasterKey: 'only to read' },
});

/** A user with everything, and what a client keeps of it. */
let stage: Stage;
let keysNow = old;
const users: Equipped[] = [];
const user = (index: number): Equipped => {
  const found = users[index];
  if (found === undefined) throw new Error(String(index));
  return found;
};

/** Serves the same database with other keys, at a later time. */
async function restart(keys: string): Promise<void> {
  const { databaseUri, time } = stage;
  await stage.stop();
  keysNow = keys;
  stage = await startStage({ ...options(keys), databaseUri });
  stage.time.now = time.now + DAY;
}

const reseal = (params: object = {}, headers: Record<string, string> = MASTER): Promise<Answer> =>
  stage.call('POST', '/functions/factorsReseal', params, headers);
const report = async (params: object = {}): Promise<ResealReport> => (await reseal(params)).body['result'] as ResealReport;
const stored = async (): Promise<string> => JSON.stringify(await allStoredFactors(stage));
let newcomers = 0;
const newcomer = (): Promise<Person> => stage.signUp({ username: `newcomer${(newcomers += 1)}` });
const put = (person: Person, key: string, record: unknown): Promise<void> => storeFactor(stage, person, key, record);
const record = async (person: Person, key: string): Promise<{ readonly sealed: string }> =>
  (await storedFactors(stage, person))[key] as { readonly sealed: string };
/** What stands there, as the older key would have sealed it. */
async function olderRecord(person: Person, key: string): Promise<{ readonly sealed: string }> {
  const binding = ['enrolment', 'test', person.id, key];
  const { plaintext } = new Keyring(keysNow).open((await record(person, key)).sealed, ...binding);
  return { sealed: new Keyring(newer).seal(plaintext, ...binding) };
}
const withMail = async (email: string): Promise<Answer> => {
  await stage.challenge({ challengeData: { emailLogin: { email } } });
  return stage.call('POST', '/users', { authData: { emailLogin: { id: email, code: stage.lastCode(stage.mail) } } });
};

/** Runs the command as an administrator does. */
async function run(given: readonly string[], masterKey = 'master'): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@parse-factors/source', cli, 'reseal', ...given], {
    env: { ...process.env, PARSE_SERVER_MASTER_KEY: masterKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, output };
}

const BEFORE = { totp: 3, recovery: 3, device: 3, emailLogin: 1 };

beforeAll(async () => {
  stage = await startStage(options(old));
  for (let index = 0; index < 3; index += 1) users.push(await equipped(stage));
  expect((await withMail('kept@example.com')).status).toBe(201);
  await restart(`${newer},${old}`);
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

describe('after a rotation of the keys', () => {
  it("after a rotation of keys, a login with one factor leaves the user's other records under the old key", async () => {
    const { person, secret } = user(0);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    expect((await report()).keys).toEqual({ '2026-11': { totp: 1 }, '2026-05': { ...BEFORE, totp: 2 } });
  });

  it('resealing reports which records hang on which key, and changes nothing unless it is told to', async () => {
    const before = await stored();
    expect(await report()).toEqual({
      keys: { '2026-11': { totp: 1 }, '2026-05': { ...BEFORE, totp: 2 } },
      formerAppIds: {},
      unsealed: {},
      resealed: { ...BEFORE, totp: 2 },
      unreadable: [],
      seen: 4,
    });
    expect(await stored()).toBe(before);
    expect(stage.events).toEqual([]);
  });

  it('resealing needs the master key, and refuses a read-only one', async () => {
    const before = await stored();
    for (const headers of [{}, user(0).person.session, { 'X-Parse-Master-Key': 'only to read' }]) {
      const answer = await reseal({ apply: true }, headers);
      expect([answer.status >= 400, answer.body['result']]).toEqual([true, undefined]);
    }
    expect(await stored()).toBe(before);
    const malformed = [{ after: { $gt: '' } }, { after: 'a\u0000b' }, { apply: 'true' }, { aply: true }];
    for (const params of [{ limit: 0 }, { limit: 1001 }, ...malformed]) expect(slug(await reseal(params))).toBe('invalid_input');
  });

  it('resealing covers all records of a batch of users, in the order of their ids', async () => {
    const first = await report({ apply: true, limit: 1 });
    expect(first.seen).toBe(1);
    expect(first.keys['2026-05']).toEqual({});
    const second = await report({ apply: true, limit: 2, after: first.next });
    const third = await report({ apply: true, limit: 2, after: second.next });
    expect([second.seen, third.seen, third.next]).toEqual([2, 1, undefined]);
    expect(await report()).toMatchObject({ keys: { '2026-11': BEFORE, '2026-05': {} }, resealed: {}, unreadable: [] });
    expect(await stored()).not.toContain('1.2026-05.');
    const events = stage.events.filter(({ type }) => type === 'resealed');
    expect(events.reduce((sum, { reason }) => sum + Number(reason), 0)).toBe(9);
  });

  it('after resealing, the old key can go: every factor still logs in, and used codes stay used', async () => {
    const { person, secret, token, codes } = user(1);
    await restart(newer);
    const step = stage.totp(secret);
    expect((await stage.logIn(person, { totp: step })).status).toBe(200);
    expect(slug(await stage.logIn(person, { totp: step }))).toBe('code_rejected');
    expect((await stage.logIn(person, { recovery: codes[0] })).status).toBe(200);
    expect(slug(await stage.logIn(person, { recovery: codes[0] }))).toBe('code_rejected');
    expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
    expect((await withMail('kept@example.com')).status).toBe(200);
  });
});

describe('sealing anew while users are at work', () => {
  it('resealing loses no use of a recovery code, and brings none back', async () => {
    await restart(`${generateKey('2027-05')},${newer}`);
    const { person, codes } = user(2);
    const used = codes.slice(0, 4);
    const logins = used.flatMap((code) => [0, 1].map(() => stage.logIn(person, { recovery: code })));
    const reseals = Array.from({ length: 5 }, () => report({ apply: true }));
    const opened = (await Promise.all(logins)).filter(({ status }) => status === 200);
    const reports = await Promise.all(reseals);
    expect(opened).toHaveLength(4);
    for (const { keys } of reports) expect(keys['2026-11']).toEqual({});
    stage.time.now += DAY;
    for (const code of used) expect(slug(await stage.logIn(person, { recovery: code }))).toBe('code_rejected');
    expect((await stage.logIn(person, { recovery: codes[4] })).status).toBe(200);
    const list = await stage.call('POST', '/functions/factorsList', { userId: person.id }, MASTER);
    expect(list.body['result'].recovery.remaining).toBe('5');
  });

  it.runIf(onPostgres)('resealing does not bring back a record that was removed meanwhile, and seals the rest', async () => {
    const { person } = user(0);
    await put(person, 'device', await olderRecord(person, 'device'));
    await put(person, 'recovery', await olderRecord(person, 'recovery'));
    const sql = sqlOf(stage);
    await sql.query('begin');
    await dropFactor(stage, person, 'recovery');
    const resealing = report({ apply: true });
    const waiting = async (): Promise<boolean> => (await sql.query('select 1 from pg_locks where not granted')).rowCount !== 0;
    await expect.poll(waiting, { timeout: 10_000 }).toBe(true);
    await sql.query('commit');
    expect((await resealing).resealed).toEqual({ device: 1 });
    expect(await record(person, 'recovery')).toBeUndefined();
    expect((await record(person, 'device')).sealed).toMatch(/^1\.2027-05\./);
  });
});

describe('what other adapters have left', () => {
  it('records of other adapters are counted, and sealed where a factor takes them', async () => {
    const [adopted, builtIn] = [await newcomer(), await newcomer()];
    await put(adopted, 'emailLogin', { id: 'left@example.com' });
    const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
    await put(builtIn, 'mfa', { secret, recovery: ['aaaaaaaaaaaaaaaaaaaa'] });
    expect(await report()).toMatchObject({ unsealed: { emailLogin: 1, mfa: 1 }, resealed: { emailLogin: 1, mfa: 1 } });
    expect(await report({ apply: true })).toMatchObject({ unsealed: {}, resealed: { emailLogin: 1, mfa: 1 }, unreadable: [] });
    expect(await record(adopted, 'emailLogin')).toEqual({
      id: 'left@example.com',
      sealed: expect.stringMatching(/^1\.2027-05\./),
    });
    for (const told of [secret, 'aaaaaaaaaaaaaaaaaaaa']) expect(await stage.rows.dump()).not.toContain(told);
    const { body } = await withMail('left@example.com');
    expect(body['objectId']).toBe(adopted.id);
  });
});

describe('what cannot be read', () => {
  it('a record that cannot be read is left as it is, and named with the reason', async () => {
    const [gone, copied, clear, orphan] = [await newcomer(), await newcomer(), await newcomer(), await newcomer()];
    await put(gone, 'totp', { sealed: '1.2025-01.AAAA' });
    await put(copied, 'totp', await record(user(1).person, 'totp'));
    await put(clear, 'totp', { secret: 'x' });
    await put(orphan, 'fax', { sealed: '1.2026-11.AAAA' });
    await put(orphan, 'google', { id: 'someone', sealed: 'of another kind' });
    const before = await stored();
    const { unreadable, keys } = await report({ apply: true });
    expect(unreadable).toHaveLength(4);
    expect(unreadable).toEqual(
      expect.arrayContaining([
        { userId: gone.id, factor: 'totp', reason: 'unknown_key', keyName: '2025-01' },
        { userId: copied.id, factor: 'totp', reason: 'mismatch', keyName: '2027-05' },
        { userId: clear.id, factor: 'totp', reason: 'not_sealed' },
        { userId: orphan.id, factor: 'fax', reason: 'not_configured', keyName: '2026-11' },
      ]),
    );
    expect([keys['2025-01'], keys['2026-11']]).toEqual([{ totp: 1 }, { fax: 1 }]);
    expect(await stored()).toBe(before);
  });
});

describe('the command', () => {
  const given = (): string[] => ['--server-url', stage.url, '--app-id', 'test'];

  it('the command changes nothing at first, reports what is left, and ends with status 1 while a record is unreadable', async () => {
    await restart(`${generateKey('2027-11')},${newer}`);
    const before = await stored();
    const { status, output } = await run([...given(), '--batch', '4']);
    expect(output).toMatch(/^Dry run: nothing is written/);
    expect(output).toMatch(/\n4 users checked, up to \w+, \d+(?:\.\d)? users per second\n/);
    expect(output).toContain('key 2027-11: 0 records\n');
    expect(output).toMatch(/\nunreadable: user \w+, totp, unknown_key \(key 2025-01\)\n/);
    expect(output).toMatch(/\n10 users, \d+ unreadable records \(dry run\)\n$/);
    expect(status).toBe(1);
    expect(await stored()).toBe(before);
  });

  it('the command seals records, and continues after the id that it is given', async () => {
    const fresh = generateKey('2028-05');
    const { databaseUri } = stage;
    await stage.rows.delete('_User');
    await stage.stop();
    stage = await startStage({ ...options(newer), databaseUri });
    const people = [await equipped(stage), await equipped(stage)];
    await restart(`${fresh},${newer}`);
    const [first = '', second = ''] = people.map(({ person }) => person.id).toSorted();
    const one = await run([...given(), '--apply', '--after', first]);
    expect(one.output).toContain('resealed: 3 records (device 1, recovery 1, totp 1)\n');
    expect(one.output).toContain('key 2026-11: 0 records\n');
    const other = await run([...given(), '--apply']);
    expect(other.output).toContain('key 2028-05: 6 records (device 2, recovery 2, totp 2)\n');
    expect(other.output).toContain('resealed: 3 records');
    expect(other.output).toMatch(/\n2 users, 0 unreadable records\n$/);
    const rest = await run([...given(), '--after', second]);
    expect(rest.output).toMatch(/\n0 users, 0 unreadable records \(dry run\)\n$/);
    expect([one.status, other.status, rest.status]).toEqual([0, 0, 0]);
    for (const { secret, token, codes } of people)
      for (const told of [secret, token, codes[0] ?? '', 'master']) expect(one.output + other.output).not.toContain(told);
  });

  // `script` of util-linux makes the terminal.
  it.skipIf(process.platform !== 'linux')('the command asks for the master key on a terminal without showing it', async () => {
    const command = [process.execPath, '--import', 'tsx', '--conditions=@parse-factors/source', cli, 'reseal', ...given()];
    const child = spawn('script', ['-qec', command.join(' '), '/dev/null'], {
      env: { ...process.env, PARSE_SERVER_MASTER_KEY: '' },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.endsWith('Master key: ')) child.stdin.write('master\r');
    });
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    expect(output).toMatch(/^Master key: \r\nDry run: /);
    expect(output).toMatch(/2 users, 0 unreadable records \(dry run\)\r\n$/);
    expect(output).not.toContain('master');
    expect(status).toBe(0);
  });

  it('the command says what is wrong with a call, and takes no master key as an argument', async () => {
    expect(await run(['--server-url', stage.url])).toMatchObject({ status: 2, output: expect.stringContaining('--app-id <id>') });
    expect(await run(['--help'])).toMatchObject({ status: 0 });
    const named = await run([...given(), '--master-key=hidden']);
    expect(named).toMatchObject({ status: 2, output: expect.stringContaining('--master-key') });
    expect(named.output).not.toContain('hidden');
    expect(await run(given(), '')).toMatchObject({ status: 2, output: 'PARSE_SERVER_MASTER_KEY is not set.\n' });
    expect(await run(given(), 'wrong')).toMatchObject({ status: 2, output: expect.stringMatching(/answered 40[013]/) });
    expect(await run(['--server-url', 'http://acme.example', '--app-id', 'test'])).toMatchObject({
      status: 2,
      output: expect.stringContaining('https://'),
    });
  });
});
