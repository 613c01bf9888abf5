import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Policy } from '@parse-factors/core';
import type { MoveReport } from '@parse-factors/core/factor';
import { installMfaMigration } from '@parse-factors/mfa-compat';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { SmsOtpFactor } from '@parse-factors/sms-otp';
import { TotpFactor } from '@parse-factors/totp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { createDatabase, onPostgres } from '@parse-factors/test-server/database/test-database';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug } from '../support/harness.js';
import { MOBILE, OTHER_SECRET, pass, SECRET, startBuiltIn, startCompat, totp, type MfaRig } from '../support/mfa-rig.js';
import { MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { storedFactors, storeFactors } from '../support/rows.js';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';

const cli = fileURLToPath(new URL('../../packages/mfa-compat/src/cli.ts', import.meta.url));
const people: Record<string, Person> = {};
const codes: Record<string, readonly string[]> = {};
const someone = (name: string): Person => {
  const person = people[name];
  if (person === undefined) throw new Error(name);
  return person;
};

/** Holds a login after its user was read, as a slow policy does. */
let held: Promise<void> | undefined;
const events: string[] = [];
const messages: { code: string; to: string }[] = [];
let rig: MfaRig;
let time = Date.now();
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const uri = await createDatabase(inject('database'));
  const old = await startBuiltIn(inject('database'), {}, uri);
  for (const name of ['ann', 'ben', 'cy', 'dan', 'eve']) {
    people[name] = await old.signUp();
    codes[name] = await old.enrolTotp(someone(name));
  }
  await old.logIn(someone('cy'), { token: codes['cy']?.[0] }); // one is left
  for (const [name, mobile] of [
    ['mia', '+1 202-555-0123'],
    ['ned', '0612345678'],
    ['olga', '+33612345678'],
  ] as const)
    await old.enrolMobile((people[name] = await old.signUp()), mobile);
  await old.save((people['pat'] = await old.signUp()), { mobile: MOBILE });
  people['zoe'] = await old.signUp(); // has nothing
  await old.stop();
  rig = await startCompat(
    inject('database'),
    {
      more: {
        otp: new SmsOtpFactor({
          channel: async ({ code, to }) => void messages.push({ code, to }),
          countries: ['US'],
          allowFictional: true,
        }),
        totp: new TotpFactor({ issuer: 'Acme' }),
        recovery: new RecoveryCodesFactor(),
      },
      policy: async (): Promise<Policy> => {
        await held;
        return 'any';
      },
      onEvent: ({ type, reason }) => events.push(`${type} ${reason ?? ''}`.trim()),
      cloud: (factors, parse) => installMfaMigration(factors, {}, parse),
    },
    uri,
  );
});
afterAll(() => rig.stop());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  time += DAY;
  vi.setSystemTime(time);
  events.length = 0;
});
afterEach(() => vi.useRealTimers());

const migrate = (params: object = {}, headers: Record<string, string> = MASTER): Promise<Answer> =>
  rig.call('POST', '/functions/mfaMigrate', params, headers);
const report = async (params: object = {}): Promise<MoveReport> => (await migrate(params)).body['result'] as MoveReport;
const authData = async ({ id }: Person): Promise<Readonly<Record<string, unknown>>> => {
  const stored = await storedFactors(rig, { id });
  return Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== null));
};
const logIn = ({ username, password }: Person, given?: object): Promise<Answer> =>
  rig.call('POST', '/login', { username, password, ...(given && { authData: given }) });
const byName = (users: MoveReport['users']): Record<string, string> => {
  const names = new Map(Object.entries(people).map(([name, { id }]) => [id, name]));
  return Object.fromEntries(
    users.map(({ userId, outcome, to, reason }) => [names.get(userId), `${outcome} ${to.join('+')} ${reason}`.trim()]),
  );
};
const EXPECTED = {
  ann: 'moved totp+recovery',
  ben: 'moved totp+recovery',
  cy: 'moved totp+recovery',
  dan: 'moved totp+recovery',
  eve: 'moved totp+recovery',
  mia: 'moved otp',
  ned: 'left  invalid_input',
  olga: 'left  address_refused',
  pat: 'dropped',
};

/** Runs the script as a developer does. */
async function run(...given: readonly string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@parse-factors/source', cli, ...given], {
    env: { ...process.env, PARSE_SERVER_MASTER_KEY: 'master' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, output };
}

describe('moving users of mfa to other factors', () => {
  it('moving users needs the master key, and says what it takes', async () => {
    for (const headers of [{}, someone('ann').session]) expect((await migrate({ apply: true }, headers)).status).toBe(400);
    for (const params of [
      { limit: 0 },
      { limit: 1001 },
      { limit: '5' },
      { after: { $gt: '' } },
      { apply: 'true' },
      { aply: true },
    ])
      expect(slug(await migrate(params))).toBe('invalid_input');
  });

  it('moving users is a dry run unless it is told otherwise', async () => {
    const before = await Promise.all(Object.values(people).map(authData));
    const { users, seen, next } = await report();
    expect(byName(users)).toEqual(EXPECTED);
    expect([seen, next]).toEqual([10, undefined]);
    expect(await Promise.all(Object.values(people).map(authData))).toEqual(before);
    expect(events).toEqual([]);
  });

  it('moving users goes batch by batch, each user once', async () => {
    const users: MoveReport['users'][number][] = [];
    let after: string | undefined = '';
    for (let batch = 0; after !== undefined && batch < 20; batch += 1) {
      const found: MoveReport = await report({ after, limit: 3 });
      users.push(...found.users);
      expect(found.seen).toBeLessThanOrEqual(3);
      after = found.next;
    }
    expect(users).toHaveLength(9);
    expect(byName(users)).toEqual(EXPECTED);
  });

  it('users who have set up the other factor themselves are left', async () => {
    const eve = someone('eve');
    // The token makes a fresh proof, the proof lets another factor be added.
    await rig.save(eve, { token: totp(SECRET) });
    const { body } = await rig.call('POST', '/challenge', { challengeData: { totp: true } }, eve.session);
    const { secret } = body['challengeData'].totp as { secret: string };
    expect((await rig.call('PUT', `/users/${eve.id}`, { authData: { totp: totp(secret) } }, eve.session)).status).toBe(200);
    expect(byName((await report()).users)['eve']).toBe('left  taken');
  });

  // A row lock of Postgres holds the writing back.
  it.runIf(onPostgres)('users who change their factors between the reading and the writing are left', async () => {
    const dan = someone('dan');
    const sql = sqlOf(rig);
    await sql.query('begin');
    const changed = { mfa: { secret: OTHER_SECRET, recovery: codes['dan'] } };
    await storeFactors(rig, dan, changed);
    const moving = report({ apply: true });
    const waiting = async (): Promise<boolean> => (await sql.query('select 1 from pg_locks where not granted')).rowCount !== 0;
    await expect.poll(waiting, { timeout: 10_000 }).toBe(true);
    await sql.query('commit');
    expect(byName((await moving).users)).toMatchObject({ dan: 'left  changed' });
    expect(await authData(dan)).toEqual(changed);
  });

  it('moving users many times at once moves each of them once', async () => {
    const [dan, eve] = [someone('dan'), someone('eve')];
    const reports = await Promise.all(Array.from({ length: 5 }, () => report({ apply: true })));
    const outcomes = reports.map(({ users }) => byName(users)['dan']).filter((outcome) => outcome === EXPECTED.dan);
    expect(outcomes).toHaveLength(1);
    expect(byName((await report({ apply: true })).users)['eve']).toBe('left  taken');
    expect(Object.keys(await authData(eve)).toSorted()).toEqual(['mfa', 'totp']);
    expect(Object.keys(await authData(dan)).toSorted()).toEqual(['recovery', 'totp']);
  });

  it('all other users are moved, and a second run finds nothing to do', async () => {
    await report({ apply: true });
    const { users } = await report({ apply: true });
    expect(byName(users)).toEqual({ eve: 'left  taken', ned: EXPECTED.ned, olga: EXPECTED.olga });
    for (const name of ['ann', 'ben', 'cy', 'dan'])
      expect(Object.keys(await authData(someone(name))).toSorted()).toEqual(['recovery', 'totp']);
    expect(Object.keys(await authData(someone('mia')))).toEqual(['otp']);
    expect(await authData(someone('pat'))).toEqual({});
    expect(await authData(someone('ned'))).toMatchObject({ mfa: { mobile: '0612345678' } });
    for (const name of ['ann', 'mia']) {
      const text = JSON.stringify(await authData(someone(name)));
      for (const told of [SECRET, '2025550123', ...(codes['ann'] ?? [])]) expect(text).not.toContain(told);
    }
  });

  it('moved users log in with the same authenticator, and the same recovery codes', async () => {
    pass(2 * MINUTE);
    const ann = someone('ann');
    expect((await logIn(ann)).body).toEqual({
      code: -1,
      error: expect.stringMatching(/^Missing additional authData (?:totp|recovery)/),
    });
    expect((await logIn(ann, { totp: totp(SECRET) })).status).toBe(200);
    expect(slug(await logIn(ann, { totp: totp(SECRET) }))).toBe('code_rejected');
    const [first = '', second = ''] = codes['ann'] ?? [];
    const raced = await Promise.all(Array.from({ length: 5 }, () => logIn(ann, { recovery: first })));
    expect(raced.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await logIn(ann, { recovery: second })).status).toBe(200);
    expect(slug(await logIn(ann, { recovery: second }))).toBe('code_rejected');
    const [used = '', left = ''] = codes['cy'] ?? [];
    expect(slug(await logIn(someone('cy'), { recovery: used }))).toBe('code_rejected');
    expect((await logIn(someone('cy'), { recovery: left })).status).toBe(200);
    expect((await logIn(ann, { mfa: { token: totp(SECRET, 1) } })).body['sessionToken']).toBeUndefined();
  });

  it('codes go to the moved number in its normalised form', async () => {
    const { username, password } = someone('mia');
    await rig.call('POST', '/challenge', { username, password, challengeData: { otp: true } });
    expect(messages.at(-1)?.to).toBe('+12025550123');
    expect((await logIn(someone('mia'), { otp: messages.at(-1)?.code })).status).toBe(200);
  });

  it('a step that was used before the move does not log in after it', async () => {
    const late = await rig.signUp({ username: 'late', password: 'late' });
    const person = { ...late, username: 'late', password: 'late' };
    await rig.enrolTotp(person, OTHER_SECRET);
    const token = totp(OTHER_SECRET, 1);
    expect((await rig.logIn(person, { token })).status).toBe(200);
    await report({ apply: true });
    expect(slug(await logIn(person, { totp: token }))).toBe('code_rejected');
    pass(MINUTE);
    expect((await logIn(person, { totp: totp(OTHER_SECRET) })).status).toBe(200);
    expect(events).toContain('moved totp recovery');
  });

  it('a token opens one session of two logins with a move between them', async () => {
    const person = { ...(await rig.signUp({ username: 'twice', password: 'twice' })), username: 'twice', password: 'twice' };
    await rig.enrolTotp(person, OTHER_SECRET);
    const token = totp(OTHER_SECRET);
    let release = (): void => undefined;
    held = new Promise((resolve) => (release = resolve));
    const slow = logIn(person, { mfa: { token } });
    await rig.call('GET', '/health');
    held = undefined;
    const answers = [await logIn(person, { mfa: { token } })];
    expect((await migrate({ apply: true })).status).toBe(200);
    release();
    answers.push(await slow, await logIn(person, { totp: token }));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('users with ids of any form are moved', async () => {
    expect((await migrate({ after: 'a.b:c@d', limit: 1 })).status).toBe(200);
    expect((await migrate({ after: 'x'.repeat(300) })).status).toBe(400);
  });

  it('the script is a dry run at first, and prints neither secrets nor numbers', async () => {
    const given = ['--server-url', rig.url, '--app-id', 'test'];
    const person = { ...(await rig.signUp({ username: 'last', password: 'last' })), username: 'last', password: 'last' };
    const [code = ''] = await rig.enrolTotp(person, OTHER_SECRET);
    const dry = await run(...given, '--batch', '4');
    expect(dry.output).toContain(`${person.id}    moved     totp recovery`);
    expect(dry.output).toMatch(/13 users: 1 moved, 0 dropped, 3 left \(dry run\)\n$/);
    expect(Object.keys(await authData(person))).toEqual(['mfa']);
    const applied = await run(...given, '--apply');
    expect(applied.output).toMatch(/13 users: 1 moved, 0 dropped, 3 left\n$/);
    expect([dry.status, applied.status]).toEqual([1, 1]);
    expect(Object.keys(await authData(person)).toSorted()).toEqual(['recovery', 'totp']);
    for (const told of [OTHER_SECRET, code, '612345678', '33612345678', 'master'])
      expect(dry.output + applied.output).not.toContain(told);
  });

  it('the script says what is missing in a call', async () => {
    expect(await run('--server-url', rig.url)).toMatchObject({ status: 2, output: expect.stringContaining('--app-id <id>') });
    expect(await run('--help')).toMatchObject({ status: 0 });
    expect(await run('--server-url', rig.url, '--app-id', 'other')).toMatchObject({
      status: 2,
      output: expect.stringMatching(/answered 40[13]/),
    });
  });
});
