// @compat-major
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER, sessionHeaders } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { BADGE } from '../support/providers.js';

/** Asking where codes go, before one is sent. */

const SHOW = { show: 'status' };
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    install: true,
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
    server: { auth: { badge: BADGE } },
  });
});
afterAll(() => stage.stop());

const show = ({ username, password }: Pick<Person, 'username' | 'password'>, ...keys: readonly string[]): Promise<Answer> =>
  stage.challenge({ username, password, challengeData: Object.fromEntries(keys.map((key) => [key, SHOW])) });

describe('asking where codes go', () => {
  it('where codes go is told after the password, for several factors at once, masked', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15553330001');
    await stage.challenge({ challengeData: { otp: true } }, person.session);
    stage.time.now += MINUTE;
    const secret = await stage.enrolTotp(person);
    expect((await show(person, 'otp', 'totp')).body).toEqual({
      challengeData: { otp: { status: 'enabled', destination: '•••• 0001' }, totp: { status: 'enabled' } },
    });
    // What stands in is named, and nothing that it lists: those are for the owner's session.
    await stage.save(person, { totp: stage.totp(secret) });
    await stage.save(person, { recovery: { generate: 'true' } });
    expect((await stage.save(person, { device: { remember: 'true', name: 'Ann’s laptop' } })).status).toBe(200);
    expect((await show(person, 'device', 'recovery')).body).toEqual({
      challengeData: { device: { status: 'enabled' }, recovery: { status: 'enabled' } },
    });
  });

  it('asking where codes go sends nothing and uses up nothing, however often', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15553330002');
    stage.time.now += MINUTE;
    const sent = stage.sms.messages.length;
    const bare = await countStatements(() => show(person, 'unknown'));
    expect(await countStatements(() => show(person, 'otp'))).toBe(bare);
    const answers = await Promise.all(Array.from({ length: 50 }, () => show(person, 'otp')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(stage.sms.messages).toHaveLength(sent);
    // A code that is live stays so, and one may be asked for at once.
    const { username, password } = person;
    expect((await stage.challenge({ username, password, challengeData: { otp: true } })).status).toBe(200);
    await show(person, 'otp');
    expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
  });

  it('where codes go is told after another provider, too, and only to a person who has proven it', async () => {
    const badge = { id: 'show', secret: 'right' };
    const { body } = await stage.call('POST', '/users', { authData: { badge } });
    const session = sessionHeaders({ body });
    const person = { id: String(body['objectId']), username: '', password: '', session };
    await stage.enrolPhone(person, '+15553330003');
    const ask = (authData: object): Promise<Answer> => stage.challenge({ authData, challengeData: { otp: SHOW } });
    expect((await ask({ badge })).body['challengeData'].otp).toEqual({ status: 'enabled', destination: '•••• 0003' });
    for (const forged of [
      { ...badge, secret: 'wrong' },
      { id: 'unknown', secret: 'right' },
    ]) {
      expect((await ask({ badge: forged })).body).toEqual({ code: 101, error: 'User not found.' });
    }
  });

  it('asking where codes go tells a stranger neither who has a factor nor who has an account', async () => {
    const [enrolled, bare] = [await stage.signUp(), await stage.signUp()];
    await stage.enrolPhone(enrolled, '+15553330004');
    const password = 'not it';
    const answers = [
      await show({ ...enrolled, password }, 'otp'),
      await show({ ...bare, password }, 'otp'),
      await show({ username: 'unknown', password }, 'otp'),
    ];
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(slug(await stage.challenge({ challengeData: { otp: SHOW } }))).toBe('session_required');
    expect(slug(await stage.challenge({ challengeData: { otp: SHOW } }, MASTER))).toBe('session_required');
    // A factor that signs in alone never reveals which users exist.
    for (const key of ['emailLogin', 'phoneLogin']) {
      expect(slug(await stage.challenge({ challengeData: { [key]: SHOW } }))).toBe('invalid_input');
      expect(slug(await show(enrolled, key))).toBe('invalid_input');
    }
  });

  it('asking where codes go is refused where there is no factor, and where anything else is asked along', async () => {
    const person = await stage.signUp();
    expect(slug(await show(person, 'otp'))).toBe('not_enrolled');
    await stage.enrolPhone(person, '+15553330005');
    const { username, password } = person;
    const ask = (otp: unknown): Promise<Answer> => stage.challenge({ username, password, challengeData: { otp } });
    for (const payload of [{ show: true }, { show: 'all' }, { show: 'status', phone: '+15553330009' }, { show: ['status'] }])
      expect(slug(await ask(payload))).toBe('session_required');
    expect((await stage.challenge({ challengeData: { otp: SHOW } }, person.session)).status).toBe(400);
  });

  it('asking where codes go needs the first factor of a user who must set one up, and begins nothing', async () => {
    await stage.stop();
    stage = await startStage({ install: true, compose: { enrolment: { requiredFor: 'everybody' } } });
    const person = await stage.signUp();
    expect(slug(await show(person, 'otp'))).toBe('not_enrolled');
    expect(slug(await show(person, 'totp'))).toBe('not_enrolled');
  });
});

describe('the Cloud function factorsStatus', () => {
  const status = (headers?: Record<string, string>): Promise<Answer> =>
    stage.call('POST', '/functions/factorsStatus', {}, headers);

  it('the Cloud function factorsStatus tells nothing without a session, and nothing about other users', async () => {
    const [person, other] = [await stage.signUp(), await stage.signUp()];
    await stage.enrolTotp(person);
    expect(slug(await status())).toBe('session_required');
    expect(slug(await status(MASTER))).toBe('session_required');
    expect((await status(other.session)).body).toEqual({ result: {} });
    const asked = await stage.call('POST', '/functions/factorsStatus', { userId: person.id }, other.session);
    expect(asked.body).toEqual({ result: {} });
  });

  it('the Cloud function factorsStatus tells a session all factors of its user, where authData is hidden from its owner too', async () => {
    const before = stage;
    const protectedFields = { _User: { '*': ['authData'] } };
    const server = { protectedFields, protectedFieldsOwnerExempt: false };
    stage = await startStage({ install: true, more: { recovery: new RecoveryCodesFactor() }, server });
    const person = await stage.signUp();
    expect((await status(person.session)).body).toEqual({ result: {} });
    await stage.enrolPhone(person, '+15553330009');
    stage.time.now += MINUTE;
    await stage.save(person, { recovery: { generate: 'true' } });
    expect((await status(person.session)).body).toEqual({
      result: { otp: { status: 'enabled', destination: '•••• 0009' }, recovery: { status: 'enabled', remaining: '10' } },
    });
    const own = await stage.call('GET', '/users/me', undefined, person.session);
    expect(JSON.stringify(own.body)).not.toContain('sealed');
    await stage.stop();
    stage = before;
  });
});
