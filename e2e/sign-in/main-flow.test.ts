// @compat
import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParseSdk } from '@parse-factors/test-server/parse-sdk';
import { shownAtLogin, startStage, type Stage } from '../support/harness.js';
import { CHALLENGE, credentials, LOG_IN, UPDATE_USER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { storedFactors } from '../support/rows.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const allStrings = (reply: unknown): boolean => Object.values(reply as object).every((value) => typeof value === 'string');

describe('an SMS code by REST', () => {
  it('an SMS code is asked for, confirms the phone, and is then needed to log in', async () => {
    const person = await stage.signUp();
    const asked = await stage.challenge({ challengeData: { otp: { phone: '+1 (555) 123-4567' } } }, person.session);
    expect(asked).toMatchObject({
      status: 200,
      body: {
        challengeData: {
          otp: {
            status: 'sent',
            destination: '•••• 4567',
            expiresAt: '2026-11-21T12:05:00.000Z',
            resendAt: '2026-11-21T12:01:00.000Z',
          },
        },
      },
    });
    expect(allStrings(asked.body['challengeData'].otp)).toBe(true);
    expect(stage.sms.messages.at(-1)).toMatchObject({ channel: 'sms', to: '+15551234567' });
    const code = stage.lastCode(stage.sms);
    const confirmed = await stage.save(person, { otp: { phone: '+15551234567', code } });
    const seen = { status: 'enabled', destination: '•••• 4567' };
    expect(confirmed.body['authDataResponse'].otp).toEqual({ ...seen, freshUntil: '2026-11-21T12:05:00.000Z' });

    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData otp');
    const again = await stage.logIn(person, { otp: code });
    expect(again.body).toMatchObject({ code: 210, error: expect.stringMatching(/^code_expired: /) });

    stage.time.now += MINUTE;
    const challenge = await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
    expect(challenge.body['challengeData'].otp).toMatchObject({ status: 'sent', destination: '•••• 4567' });
    const login = await stage.logIn(person, { otp: stage.lastCode(stage.sms) });
    expect(login).toMatchObject({
      status: 200,
      body: { sessionToken: expect.any(String), authData: { otp: shownAtLogin(seen) } },
    });
    const replay = await stage.logIn(person, { otp: { code: stage.lastCode(stage.sms) } });
    expect(replay.body['error']).toMatch(/^code_expired: /);
    expect((await stage.call('GET', '/users/me', undefined, person.session)).body['authData']).toEqual({ otp: seen });
  });
});

describe('an e-mail code by REST', () => {
  it('an emailed code goes to the normalised address, and {code} logs in as well as the bare code', async () => {
    const person = await stage.signUp();
    const asked = await stage.challenge({ challengeData: { email: { email: 'Ann.Lee@Example.COM' } } }, person.session);
    expect(asked.body['challengeData'].email).toMatchObject({ status: 'sent', destination: 'a•••@e•••.com' });
    expect(stage.mail.messages.at(-1)).toMatchObject({ to: 'ann.lee@example.com' });
    const confirmed = await stage.save(person, { email: { email: 'ann.lee@example.com', code: stage.lastCode(stage.mail) } });
    expect(confirmed.status).toBe(200);
    stage.time.now += MINUTE;
    await stage.challenge({ ...credentials(person), challengeData: { email: true } });
    const login = await stage.logIn(person, { email: { code: stage.lastCode(stage.mail) } });
    expect(login.body['authData']).toEqual({ email: shownAtLogin({ status: 'enabled', destination: 'a•••@e•••.com' }) });
  });
});

describe('TOTP by REST', () => {
  it('an authenticator is set up from a secret that the server makes, and is then needed to log in', async () => {
    const person = await stage.signUp();
    const asked = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const pending = asked.body['challengeData'].totp as Record<string, string>;
    expect(pending).toMatchObject({
      status: 'pending',
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      expiresAt: expect.any(String),
    });
    expect(allStrings(pending)).toBe(true);
    const secret = pending['secret'] ?? '';
    // A pending enrolment never gates a login.
    expect((await stage.logIn(person)).status).toBe(200);
    const code = stage.totp(secret);
    expect((await stage.save(person, { totp: code })).body['authDataResponse'].totp).toMatchObject({ status: 'enabled' });
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');
    // The step that set it up is spent; a step before it too.
    expect((await stage.logIn(person, { totp: code })).body['error']).toMatch(/^code_rejected: /);
    expect((await stage.logIn(person, { totp: stage.totp(secret, -1) })).body['error']).toMatch(/^code_rejected: /);
    expect((await stage.logIn(person, { totp: stage.totp(secret, 1) })).status).toBe(200);
    expect((await stage.logIn(person, { totp: stage.totp(secret, 1) })).body['error']).toMatch(/^code_rejected: /);
    stage.time.now += 90_000;
    expect((await stage.logIn(person, { totp: { code: stage.totp(secret) } })).body['authData']).toEqual({
      totp: { status: 'enabled' },
    });
  });
});

describe('three factors', () => {
  it('a user sets up three factors one after the other, and any one of them logs in', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15550000001');
    await stage.enrolEmail(person);
    const secret = await stage.enrolTotp(person);
    expect((await stage.logIn(person)).body['error']).toMatch(/Missing additional authData (?=.*otp)(?=.*email)(?=.*totp)/);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
    expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
    await stage.challenge({ ...credentials(person), challengeData: { email: true } });
    expect((await stage.logIn(person, { email: stage.lastCode(stage.mail) })).status).toBe(200);
    stage.time.now += MINUTE;
    const wrong = await stage.logIn(person, { email: '000000', totp: stage.totp(secret) });
    expect(wrong.body['code']).toBe(210);
  });
});

describe('every other path', () => {
  it('a user enrols by /classes/_User/:id and in a batch', async () => {
    const [one, two] = [await stage.signUp(), await stage.signUp()];
    await stage.challenge({ challengeData: { otp: { phone: '+15550000002' } } }, one.session);
    const first = { authData: { otp: { phone: '+15550000002', code: stage.lastCode(stage.sms) } } };
    expect((await stage.call('PUT', `/classes/_User/${one.id}`, first, one.session)).status).toBe(200);
    await stage.challenge({ challengeData: { otp: { phone: '+15550000003' } } }, two.session);
    const body = { authData: { otp: { phone: '+15550000003', code: stage.lastCode(stage.sms) } } };
    const batch = await stage.call(
      'POST',
      '/batch',
      { requests: [{ method: 'PUT', path: `/parse/users/${two.id}`, body }] },
      two.session,
    );
    expect(batch.body[0].success.authDataResponse.otp).toMatchObject({ status: 'enabled' });
    for (const person of [one, two])
      expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData otp');
  });

  it('a user enrols, asks for codes and logs in by GraphQL', async () => {
    const person = await stage.signUp();
    const asked = await stage.graphql(
      CHALLENGE,
      { input: { challengeData: { otp: { phone: '+15550000004' } } } },
      person.session,
    );
    expect(asked['data'].challenge.challengeData.otp).toMatchObject({ status: 'sent' });
    const fields = { authData: { otp: { phone: '+15550000004', code: stage.lastCode(stage.sms) } } };
    const updated = await stage.graphql(UPDATE_USER, { input: { id: person.id, fields } }, person.session);
    expect(updated).toMatchObject({ data: { updateUser: { user: { objectId: person.id } } } });
    const without = await stage.graphql(LOG_IN, { input: credentials(person) });
    expect(without['errors'][0].message).toContain('Missing additional authData otp');
    stage.time.now += MINUTE;
    await stage.graphql(CHALLENGE, { input: { ...credentials(person), challengeData: { otp: true } } });
    const wrong = await stage.graphql(LOG_IN, { input: { ...credentials(person), authData: { otp: 'abcdef' } } });
    expect(wrong['errors'][0]).toMatchObject({ message: expect.stringMatching(/^invalid_input: /), extensions: { code: 142 } });
    const authData = { otp: stage.lastCode(stage.sms) };
    const login = await stage.graphql(LOG_IN, { input: { ...credentials(person), authData } });
    expect(login['data'].logIn.viewer).toMatchObject({ sessionToken: expect.any(String), user: { objectId: person.id } });
    const replay = await stage.graphql(LOG_IN, { input: { ...credentials(person), authData } });
    expect(replay['errors'][0].message).toMatch(/^code_expired: /);
  });

  it('a user enrols and logs in with the Parse JS SDK, and a save with the echoed status changes nothing', async () => {
    const Sdk = loadParseSdk('test', stage.url);
    Sdk.User.enableUnsafeCurrentUser();
    const user = new Sdk.User();
    user.set({ username: 'sdk', password: 'sdk password' });
    await user.signUp();
    const session = { 'X-Parse-Session-Token': user.getSessionToken() };
    await stage.challenge({ challengeData: { otp: { phone: '+15550000005' } } }, session);
    await user.linkWith('otp', { authData: { phone: '+15550000005', code: stage.lastCode(stage.sms) } });
    await Sdk.User.logOut();

    await expect(Sdk.User.logIn('sdk', 'sdk password')).rejects.toThrow('Missing additional authData otp');
    stage.time.now += MINUTE;
    await stage.challenge({ username: 'sdk', password: 'sdk password', challengeData: { otp: true } });
    const again = await Sdk.User.logInWithAdditionalAuth('sdk', 'sdk password', { otp: stage.lastCode(stage.sms) });
    expect(again.get('authData')).toEqual({ otp: shownAtLogin({ status: 'enabled', destination: '•••• 0005' }) });

    const before = await stored(again.id);
    again.set('authData', again.get('authData'));
    again.set('nickname', 'Sid');
    await again.save();
    expect(await stored(again.id)).toEqual(before);
    expect((await again.fetch()).get('nickname')).toBe('Sid');
    await Sdk.User.logOut();
  });
});

const stored = (id: string): Promise<unknown> => storedFactors(stage, { id });

describe('a code from an independent implementation', () => {
  const hasOathtool = spawnSync('oathtool', ['--version']).status === 0;
  it.skipIf(!hasOathtool)(
    'a code from an independent implementation logs in (skipped where oathtool is missing: apt-get install oathtool)',
    async () => {
      const person = await stage.signUp();
      const secret = await stage.enrolTotp(person);
      const args = ['--totp=SHA1', '--base32', `--now=@${Math.floor(stage.time.now / 1000)}`, secret];
      const code = execFileSync('oathtool', args, { encoding: 'utf8' }).trim();
      expect((await stage.logIn(person, { totp: code })).status).toBe(200);
    },
  );
});
