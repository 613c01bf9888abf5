// @compat
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { LOG_IN, MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    install: true,
    more: { device: new TrustedDeviceFactor({ maxDevices: 3 }), recovery: new RecoveryCodesFactor() },
  });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly usedAt: string;
  readonly expiresAt: string;
}

const tokenOf = ({ status, body }: Answer): string => {
  expect([status, body['error']]).toEqual([200, undefined]);
  return String(body['authDataResponse'].device.token);
};
const remember = (person: Person, name = 'Laptop'): Promise<Answer> => stage.save(person, { device: { remember: 'true', name } });
const useToken = (person: Person, token: string): Promise<Answer> => stage.logIn(person, { device: { token } });
const listed = async (person: Person): Promise<Listed[]> => {
  const { body } = await stage.call('GET', '/users/me', undefined, person.session);
  return JSON.parse(String(body['authData'].device?.devices ?? '[]')) as Listed[];
};

/** A user with an authenticator app, in a session just opened with it, on a device that they trust. */
async function trusting(): Promise<{ person: Person; secret: string; token: string }> {
  const enrolled = await stage.signUp();
  const secret = await stage.enrolTotp(enrolled);
  stage.time.now += 5 * MINUTE;
  const person = await stage.another(enrolled, { totp: stage.totp(secret) });
  return { person, secret, token: tokenOf(await remember(person)) };
}

describe('a trusted device', () => {
  it('a device is trusted after a login with a factor, and then logs in with the password and its token', async () => {
    const { person, token } = await trusting();
    expect(token).toMatch(/^[\w-]{22}\.[\w-]{43}$/);
    const login = await useToken(person, token);
    expect(login.body).toMatchObject({
      sessionToken: expect.any(String),
      authDataResponse: { device: { token: expect.any(String) } },
    });
    expect(tokenOf(login)).not.toBe(token);
    expect((await useToken(person, tokenOf(login))).status).toBe(200);
    expect(slug(await stage.logIn({ ...person, password: 'wrong' }, { device: { token } }))).not.toBe('code_rejected');
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData');
    expect(await stage.rows.dump()).not.toContain(token.split('.')[1]);
  });

  it('a trusted device logs in by GraphQL, which returns the renewed token, and in a batch', async () => {
    const { person, token } = await trusting();
    const { username, password } = person;
    const login = await stage.graphql(LOG_IN, { input: { username, password, authData: { device: { token } } } });
    const { authDataResponse } = login['data'].logIn.viewer.user as { authDataResponse: { device: { token: string } } };
    const body = { username, password, authData: authDataResponse };
    const batch = await stage.call('POST', '/batch', { requests: [{ method: 'POST', path: '/parse/login', body }] });
    expect(batch.body[0].success.authDataResponse.device.token).toMatch(/^[\w-]{22}\./);
  });

  it('a trusted device costs a login at most two statements', async () => {
    const { person, token } = await trusting();
    const plain = await stage.signUp();
    await stage.logIn(plain);
    const passwordOnly = await countStatements(() => stage.logIn(plain));
    let next = tokenOf(await useToken(person, token));
    const withDevice = await countStatements(async () => {
      next = tokenOf(await useToken(person, next));
    });
    expect(withDevice - passwordOnly).toBeLessThanOrEqual(2);
  });

  it('a session that did not just log in with a factor cannot trust a device', async () => {
    const { person, secret } = await trusting();
    stage.time.now += 5 * MINUTE;
    expect(slug(await remember(person))).toBe('fresh_proof_required');
    await stage.save(person, { totp: stage.totp(secret) });
    expect((await remember(person)).status).toBe(200); // a fresh proof is as good
    const bare = await stage.signUp();
    expect(slug(await remember(bare))).toBe('enrolment_required');
    const thief = await stage.another(person, { totp: stage.totp(secret, 1) });
    stage.time.now += 5 * MINUTE;
    expect(slug(await remember(thief))).toBe('fresh_proof_required');
  });

  it('a session that a recovery code or another device has opened cannot trust a device', async () => {
    const { person, secret, token } = await trusting();
    stage.time.now += 5 * MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    const made = await stage.save(person, { recovery: { generate: 'true' } });
    const [code] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    expect(slug(await remember(await stage.another(person, { recovery: code })))).toBe('fresh_proof_required');
    expect(slug(await remember(await stage.another(person, { device: { token } })))).toBe('fresh_proof_required');
  });

  it('a trusted device is never a fresh proof', async () => {
    const { person, token } = await trusting();
    expect(slug(await stage.save(person, { device: { token } }))).toBe('invalid_input');
    const session = await stage.another(person, { device: { token } });
    expect(slug(await stage.call('POST', '/functions/sensitive', {}, session.session))).toBe('fresh_proof_required');
    expect(slug(await stage.save(session, { totp: null }))).toBe('fresh_proof_required');
    expect(slug(await stage.save(session, { device: null }))).toBe('fresh_proof_required');
  });

  it('an older token that comes back ends the trust of the device', async () => {
    const { person, token } = await trusting();
    const renewed = tokenOf(await useToken(person, token));
    stage.time.now += 10_000;
    expect(slug(await useToken(person, token))).toBe('code_rejected'); // stolen before it was renewed
    expect(slug(await useToken(person, renewed))).toBe('code_rejected');
    expect(await listed(person)).toEqual([]);
    expect(stage.events.filter(({ type }) => type === 'device_revoked')).toMatchObject([{ reason: 'token_used_before' }]);
  });

  it('20 parallel logins with one device token get the same next token, which works afterwards', async () => {
    const { person, token } = await trusting();
    const answers = await Promise.all(Array.from({ length: 20 }, () => useToken(person, token)));
    const tokens = new Set(answers.map(tokenOf));
    expect(tokens.size).toBe(1);
    const [next = ''] = tokens;
    stage.time.now += MINUTE;
    expect((await useToken(person, next)).status).toBe(200);
    expect(stage.events.map(({ type }) => type)).not.toContain('device_revoked');
    expect(await stage.rows.dump()).not.toContain(next.split('.')[1]);
  });

  it('a token that was replaced less than ten seconds ago gets its successor, and ends the trust after that', async () => {
    for (const [waited, isRight] of [
      [0, true],
      [9_999, true],
      [10_000, false],
      [-1, false],
    ] as const) {
      const { person, token } = await trusting();
      const next = tokenOf(await useToken(person, token));
      stage.time.now += waited;
      const again = await useToken(person, token);
      if (isRight) expect(tokenOf(again)).toBe(next);
      else expect(slug(again)).toBe('code_rejected');
      expect((await useToken(person, next)).status).toBe(isRight ? 200 : 400);
      stage.time.now += DAY;
    }
  });

  it('the token before the last one ends the trust, however soon it comes back', async () => {
    const { person, token } = await trusting();
    const second = tokenOf(await useToken(person, token));
    const third = tokenOf(await useToken(person, second));
    expect(slug(await useToken(person, token))).toBe('code_rejected');
    expect(slug(await useToken(person, second))).toBe('code_rejected');
    expect(slug(await useToken(person, third))).toBe('code_rejected');
  });

  it('only the installation that got a token gets its successor', async () => {
    const logIn = ({ username, password }: Person, token: string, id?: string): Promise<Answer> =>
      stage.call(
        'POST',
        '/login',
        { username, password, authData: { device: { token } } },
        id === undefined ? {} : { 'X-Parse-Installation-Id': id },
      );
    for (const [first, second, isSame] of [
      ['one', 'one', true],
      [undefined, undefined, true],
      ['one', 'two', false],
      ['one', undefined, false],
      [undefined, 'one', false],
    ] as const) {
      const { person, token } = await trusting();
      const next = tokenOf(await logIn(person, token, first));
      const again = await logIn(person, token, second);
      expect(again.status === 200 && tokenOf(again) === next).toBe(isSame);
      expect((await logIn(person, next, first)).status).toBe(isSame ? 200 : 400);
      stage.time.now += DAY;
    }
  });

  it('a device token is renewed correctly while other devices are trusted at the same moment', async () => {
    const { person, secret, token } = await trusting();
    stage.time.now += 2 * MINUTE;
    const session = await stage.another(person, { totp: stage.totp(secret) });
    const [login, added] = await Promise.all([useToken(person, token), remember(session, 'Phone')]);
    stage.time.now += 10_000;
    expect(slug(await useToken(person, token))).toBe('code_rejected');
    expect((await useToken(person, tokenOf(added))).status).toBe(200);
    expect(slug(await useToken(person, tokenOf(login)))).toBe('code_rejected');
  });

  it('any session of the user names, lists and revokes trusted devices, one or all', async () => {
    const { person, token } = await trusting();
    const phone = tokenOf(await remember(person, 'Phone 📱'));
    const tablet = tokenOf(await remember(person, 'Tablet'));
    const devices = await listed(person);
    expect(devices.map(({ name }) => name)).toEqual(['Laptop', 'Phone 📱', 'Tablet']);
    expect(devices[0]?.expiresAt).toBe(new Date(stage.time.now + 30 * DAY).toISOString());
    const [, second] = devices;
    expect((await stage.save(person, { device: { revoke: second?.id } })).status).toBe(200);
    expect(slug(await useToken(person, phone))).toBe('code_rejected');
    expect((await useToken(person, tablet)).status).toBe(200);
    expect(slug(await stage.save(person, { device: { revoke: second?.id } }))).toBe('not_enrolled');
    expect((await stage.save(person, { device: { revoke: 'all' } })).status).toBe(200);
    expect(await listed(person)).toEqual([]);
    expect(slug(await useToken(person, token))).toBe('code_rejected');
    expect((await stage.save(person, { device: { revoke: 'all' } })).status).toBe(200);
  });

  it('a new trusted device takes the place of the oldest when there are too many', async () => {
    const { person, token } = await trusting();
    for (const name of ['2', '3', '4']) await remember(person, name);
    expect((await listed(person)).map(({ name }) => name)).toEqual(['2', '3', '4']);
    expect(slug(await useToken(person, token))).toBe('code_rejected');
  });

  it('a device is trusted for 30 days, however often it is used', async () => {
    const { person, token } = await trusting();
    stage.time.now += 29 * DAY;
    const renewed = tokenOf(await useToken(person, token));
    stage.time.now += DAY - 1;
    const last = tokenOf(await useToken(person, renewed));
    stage.time.now += 1;
    expect(slug(await useToken(person, last))).toBe('code_rejected');
  });

  it('a new password, a new factor or a replaced one ends the trust of a device', async () => {
    const changes: ((person: Person, secret: string) => Promise<unknown>)[] = [
      (person) => stage.call('PUT', `/users/${person.id}`, { password: person.password }, MASTER),
      async (person, secret) => {
        await stage.save(person, { totp: stage.totp(secret, 1) });
        await stage.enrolPhone(person, '+15552220001');
      },
      async (person, secret) => {
        await stage.save(person, { totp: stage.totp(secret, 1) });
        await stage.enrolTotp(person);
      },
    ];
    for (const change of changes) {
      const { person, secret, token } = await trusting();
      await change(person, secret);
      stage.time.now += MINUTE;
      const answer = await useToken(person, token);
      expect(answer.status).not.toBe(200);
      expect(stage.events.some(({ type, userId }) => type === 'device_revoked' && userId === person.id)).toBe(true);
    }
  });

  it('removing a factor ends the trust of a device', async () => {
    const { person, secret } = await trusting();
    await stage.save(person, { totp: stage.totp(secret, 1) });
    await stage.enrolEmail(person);
    const token = tokenOf(await remember(person));
    expect((await stage.save(person, { totp: null })).status).toBe(200);
    expect(await listed(person)).toEqual([]);
    expect(slug(await useToken(person, token))).toBe('code_rejected');
  });

  it('malformed payloads for trusted devices are refused, and lose nothing', async () => {
    const { person, token } = await trusting();
    const [id = '', secret = ''] = token.split('.');
    const malformed = [
      token,
      {},
      { token: 1 },
      { token: '' },
      { token: `${token}x` },
      { token, x: '1' },
      { token: { $gt: '' } },
      [],
    ];
    for (const device of malformed) expect((await stage.logIn(person, { device })).status).toBe(400);
    for (const device of [
      { remember: true },
      { remember: 'true', name: '' },
      { remember: 'true', name: 'a\u0000b' },
      { revoke: '' },
    ])
      expect(slug(await stage.save(person, { device }))).toBe('invalid_input');
    const unknown = `${'A'.repeat(22)}.${secret}`;
    expect(slug(await useToken(person, unknown))).toBe('code_rejected');
    expect(await listed(person)).toMatchObject([{ id, name: 'Laptop' }]);
    expect((await useToken(person, token)).status).toBe(200);
  });

  it('a device of another user does not log in', async () => {
    const [one, two] = [await trusting(), await trusting()];
    expect(slug(await useToken(two.person, one.token))).toBe('code_rejected');
    expect((await useToken(one.person, one.token)).status).toBe(200);
  });
});
