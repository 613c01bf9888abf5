// @compat
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { equippedWithPhone } from '../support/people.js';
import { MASTER } from '../support/requests.js';
import { storeFactor, storedFactors } from '../support/rows.js';
import { DAY, HOUR, MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    install: { adminFunctions: true },
    compose: { eventLog: { keepDays: 30 } },
    sms: { maxAuthenticators: 2 },
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
    server: { readOnlyMasterKey: 'only to read' },
  });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

const exported = (headers: Record<string, string>, params: object = {}): Promise<Answer> =>
  stage.call('POST', '/functions/factorsExport', params, headers);
const prove = async (person: Person, secret: string): Promise<void> => {
  expect((await stage.save(person, { totp: stage.totp(secret) })).status).toBe(200);
};

/** A user with a phone, an authenticator, recovery codes and a trusted device, and the secrets that no copy may hold. */
async function withEverything(phone: string): Promise<{ person: Person; secret: string; secrets: readonly string[] }> {
  const { person, secret, token, codes } = await equippedWithPhone(stage, phone);
  stage.time.now += MINUTE;
  const { sessionToken } = (await stage.call('GET', '/users/me', undefined, person.session)).body;
  return { person, secret, secrets: [secret, token, ...codes, String(sessionToken)] };
}

describe('a copy of what is kept about a user', () => {
  it('holds their factors with the whole address, sessions, sign-ins and events, and no secret', async () => {
    const { person, secret, secrets } = await withEverything('+15557780001');
    await stage.another(person, { totp: stage.totp(secret) });
    stage.time.now += MINUTE;
    await prove(person, secret);
    const { status, body } = await exported(person.session);
    expect(status).toBe(200);
    const copy = body['result'] as Record<string, unknown>;
    expect(copy).toMatchObject({
      userId: person.id,
      exportedAt: new Date(stage.time.now).toISOString(),
      factors: {
        otp: { status: 'enabled', addresses: [{ address: '+15557780001', addedAt: expect.stringMatching(/Z$/) }] },
        totp: { status: 'enabled' },
        recovery: { status: 'enabled', remaining: '10' },
        device: { status: 'enabled', devices: [{ name: 'Laptop', addedAt: expect.any(String) }] },
      },
      signIns: [{ at: expect.any(String), ip: expect.any(String) }],
      hasMoreEvents: false,
    });
    expect(copy['sessions']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          methods: [expect.objectContaining({ method: 'password' }), expect.objectContaining({ method: 'totp' })],
        }),
      ]),
    );
    const types = (copy['events'] as { type: string }[]).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['challenged', 'delivered', 'enrolled', 'verified']));
    const times = (copy['events'] as { at: number }[]).map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const text = JSON.stringify(copy);
    for (const told of [...secrets, 'digest', 'sealed', '_hashed', 'objectId']) expect(text).not.toContain(told);
    for (const { sealed } of Object.values(await storedFactors(stage, person)).map((record) => record ?? {}))
      expect(text).not.toContain(sealed);
  });

  it('holds neither the address nor the device of an administrator who has logged in as the user', async () => {
    const person = await stage.signUp();
    const agent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/999.0.0.0 of an administrator';
    const { username, password } = person;
    const headers = { ...MASTER, 'User-Agent': agent };
    expect((await stage.call('POST', '/login', { username, password }, headers)).status).toBe(200);
    const { sessions, signIns } = (await exported(person.session)).body['result'] as {
      sessions: { ip?: string; userAgent?: string; methods: unknown[] }[];
      signIns: { ip?: string }[];
    };
    expect(sessions).toHaveLength(2);
    expect(sessions.filter(({ ip, userAgent }) => ip === undefined && userAgent === undefined)).toHaveLength(1);
    expect(JSON.stringify(sessions)).not.toContain('administrator');
    expect(signIns.filter(({ ip }) => ip === undefined)).toHaveLength(1);
    const { body } = await stage.call('POST', '/functions/factorsSessions', {}, person.session);
    expect(JSON.stringify(body)).not.toContain('administrator');
  });

  it('holds nothing of another user', async () => {
    const { person, secret } = await withEverything('+15557780002');
    const other = await withEverything('+15557780003');
    await prove(person, secret);
    const text = JSON.stringify((await exported(person.session)).body);
    for (const foreign of [other.person.id, other.person.username, '+15557780003']) expect(text).not.toContain(foreign);
  });

  it('says that a record is unreadable, and still holds the rest', async () => {
    const { person } = await withEverything('+15557780004');
    await storeFactor(stage, person, 'totp', { sealed: '1.gone.AAAA' });
    const { factors } = (await exported(MASTER, { userId: person.id })).body['result'] as { factors: Record<string, object> };
    expect(factors).toMatchObject({ totp: { status: 'unreadable' }, otp: { addresses: [{ address: '+15557780004' }] } });
  });

  it('holds the newest 10,000 events, and says that there are more', async () => {
    const person = await stage.signUp();
    const row = (index: number) => ({ objectId: `many${index}`, type: 'verified', factor: 'totp', userId: person.id, at: index });
    await stage.rows.insert(
      'FactorEvent',
      Array.from({ length: 10_001 }, (_, index) => row(index)),
    );
    const copy = (await exported(MASTER, { userId: person.id })).body['result'] as {
      events: { at: number }[];
      hasMoreEvents: boolean;
    };
    expect([copy.events.length, copy.events[0]?.at, copy.events.at(-1)?.at, copy.hasMoreEvents]).toEqual([
      10_000,
      10_000,
      1,
      true,
    ]);
  });

  it('leaves out the IP addresses of administrators, and keeps those of the user', async () => {
    const { person } = await withEverything('+15557780005');
    await stage.call('POST', '/functions/factorsList', { userId: person.id }, MASTER);
    await stage.call('POST', '/functions/factorsReset', { userId: person.id, factor: 'otp' }, MASTER);
    await stage.call('PUT', `/users/${person.id}`, { authData: { totp: null } }, MASTER);
    await stage.call('PUT', `/users/${person.id}`, { email: 'by-an-administrator@example.com' }, MASTER);
    const events = async () =>
      ((await exported(MASTER, { userId: person.id })).body['result'] as { events: { type: string; ip?: string }[] }).events;
    const byOthers = ['address_changed', 'listed', 'removed', 'reset', 'sessions_revoked'];
    await expect
      .poll(async () => new Set((await events()).map(({ type }) => type)))
      .toEqual(new Set([...byOthers, 'challenged', 'delivered', 'device_revoked', 'enrolled', 'exported', 'verified']));
    const all = await events();
    const isTheirs = ({ type }: { type: string }): boolean => ['challenged', 'delivered', 'enrolled', 'verified'].includes(type);
    expect(all.filter((event) => !isTheirs(event) && event.ip !== undefined)).toEqual([]);
    expect(all.filter((event) => isTheirs(event) && event.ip === undefined)).toEqual([]);
  });
});

describe('who may have the copy', () => {
  it('a user with a factor needs a fresh proof, and a session of theirs', async () => {
    const { person, secret } = await withEverything('+15557780006');
    stage.time.now += HOUR;
    expect(slug(await exported(person.session))).toBe('fresh_proof_required');
    expect(slug(await exported({}))).toBe('session_required');
    await prove(person, secret);
    expect((await exported(person.session)).status).toBe(200);
    expect(stage.events.filter(({ type }) => type === 'exported')).toMatchObject([{ userId: person.id, reason: 'user' }]);
  });

  it('a recovery code is no proof for it', async () => {
    const { person, secrets } = await withEverything('+15557780007');
    const [, , code] = secrets;
    const session = await stage.another(person, { recovery: code });
    expect(slug(await exported(session.session))).toBe('fresh_proof_required');
  });

  it('a user without a factor needs only the session, and may ask five times an hour', async () => {
    const person = await stage.signUp();
    for (let time = 0; time < 5; time += 1) expect((await exported(person.session)).status).toBe(200);
    const refused = await exported(person.session);
    expect(slug(refused)).toBe('cooldown');
    expect((await exported(MASTER, { userId: person.id })).status).toBe(200);
    stage.time.now += HOUR;
    expect((await exported(person.session)).status).toBe(200);
  });

  it('parallel requests do not pass the limit', async () => {
    const person = await stage.signUp();
    const answers = await Promise.all(Array.from({ length: 12 }, () => exported(person.session)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  });

  it('only the master key that may write exports the data of another user', async () => {
    const { person, secret } = await withEverything('+15557780008');
    const thief = await stage.signUp();
    await prove(person, secret);
    for (const headers of [{}, thief.session, person.session, { 'X-Parse-Master-Key': 'only to read' }]) {
      const answer = await exported(headers, { userId: person.id });
      expect([answer.status >= 400, answer.body['result']]).toEqual([true, undefined]);
    }
    expect((await exported(MASTER, { userId: person.id })).status).toBe(200);
    for (const userId of [undefined, { $ne: '' }, ['x'], 'no such', 'a\0'])
      expect(slug(await exported(MASTER, { userId }))).toBe('invalid_input');
    expect(stage.events.filter(({ type }) => type === 'exported')).toMatchObject([
      { userId: person.id, reason: 'administrator' },
    ]);
  });
});
