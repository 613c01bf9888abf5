import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParseSdk } from '../../../tools/parse-sdk.js';
import type { Person } from '../../../tools/parse-server.js';
import { startBench, type Bench } from './harness.js';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

const credentials = ({ username, password }: Person): object => ({ username, password });
const allStrings = (reply: unknown): boolean => Object.values(reply as object).every((value) => typeof value === 'string');

describe('an SMS code by REST', () => {
  it('is asked for, confirms the phone, and is then needed to log in', async () => {
    const person = await bench.signUp();
    const asked = await bench.challenge({ challengeData: { otp: { phone: '+1 (555) 123-4567' } } }, person.session);
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
    expect(bench.sms.messages.at(-1)).toMatchObject({ channel: 'sms', to: '+15551234567' });
    const code = bench.lastCode(bench.sms);
    const confirmed = await bench.save(person, { otp: { phone: '+15551234567', code } });
    const seen = { status: 'enabled', destination: '•••• 4567' };
    expect(confirmed.body['authDataResponse'].otp).toEqual({ ...seen, freshUntil: '2026-11-21T12:05:00.000Z' });

    expect((await bench.logIn(person)).body['error']).toContain('Missing additional authData otp');
    const again = await bench.logIn(person, { otp: code });
    expect(again.body).toMatchObject({ code: 210, error: expect.stringMatching(/^code_expired: /) });

    bench.time.now += 60_000;
    const challenge = await bench.challenge({ ...credentials(person), challengeData: { otp: true } });
    expect(challenge.body['challengeData'].otp).toMatchObject({ status: 'sent', destination: '•••• 4567' });
    const login = await bench.logIn(person, { otp: bench.lastCode(bench.sms) });
    expect(login).toMatchObject({ status: 200, body: { sessionToken: expect.any(String), authData: { otp: seen } } });
    const replay = await bench.logIn(person, { otp: { code: bench.lastCode(bench.sms) } });
    expect(replay.body['error']).toMatch(/^code_expired: /);
    expect((await bench.call('GET', '/users/me', undefined, person.session)).body['authData']).toEqual({ otp: seen });
  });
});

describe('an e-mail code by REST', () => {
  it('goes to the normalised address, and {code} logs in as well as the bare code', async () => {
    const person = await bench.signUp();
    const asked = await bench.challenge({ challengeData: { email: { email: 'Ann.Lee@Example.COM' } } }, person.session);
    expect(asked.body['challengeData'].email).toMatchObject({ status: 'sent', destination: 'a•••@e•••.com' });
    expect(bench.mail.messages.at(-1)).toMatchObject({ to: 'ann.lee@example.com' });
    const confirmed = await bench.save(person, { email: { email: 'ann.lee@example.com', code: bench.lastCode(bench.mail) } });
    expect(confirmed.status).toBe(200);
    bench.time.now += 60_000;
    await bench.challenge({ ...credentials(person), challengeData: { email: true } });
    const login = await bench.logIn(person, { email: { code: bench.lastCode(bench.mail) } });
    expect(login.body['authData']).toEqual({ email: { status: 'enabled', destination: 'a•••@e•••.com' } });
  });
});

describe('TOTP by REST', () => {
  it('is set up from a secret that the server makes, and is then needed to log in', async () => {
    const person = await bench.signUp();
    const asked = await bench.challenge({ challengeData: { totp: true } }, person.session);
    const pending = asked.body['challengeData'].totp as Record<string, string>;
    expect(pending).toMatchObject({
      status: 'pending',
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      expiresAt: expect.any(String),
    });
    expect(allStrings(pending)).toBe(true);
    const secret = pending['secret'] ?? '';
    // A pending enrolment never gates a login.
    expect((await bench.logIn(person)).status).toBe(200);
    const code = bench.totp(secret);
    expect((await bench.save(person, { totp: code })).body['authDataResponse'].totp).toMatchObject({ status: 'enabled' });
    expect((await bench.logIn(person)).body['error']).toContain('Missing additional authData totp');
    // The step that set it up is spent; a step before it too.
    expect((await bench.logIn(person, { totp: code })).body['error']).toMatch(/^code_rejected: /);
    expect((await bench.logIn(person, { totp: bench.totp(secret, -1) })).body['error']).toMatch(/^code_rejected: /);
    expect((await bench.logIn(person, { totp: bench.totp(secret, 1) })).status).toBe(200);
    expect((await bench.logIn(person, { totp: bench.totp(secret, 1) })).body['error']).toMatch(/^code_rejected: /);
    bench.time.now += 90_000;
    expect((await bench.logIn(person, { totp: { code: bench.totp(secret) } })).body['authData']).toEqual({
      totp: { status: 'enabled' },
    });
  });
});

describe('three factors', () => {
  it('are set up one after the other, and any one of them logs in', async () => {
    const person = await bench.signUp();
    await bench.enrolPhone(person, '+15550000001');
    await bench.enrolEmail(person);
    const secret = await bench.enrolTotp(person);
    expect((await bench.logIn(person)).body['error']).toMatch(/Missing additional authData (?=.*otp)(?=.*email)(?=.*totp)/);
    expect((await bench.logIn(person, { totp: bench.totp(secret) })).status).toBe(200);
    await bench.challenge({ ...credentials(person), challengeData: { otp: true } });
    expect((await bench.logIn(person, { otp: bench.lastCode(bench.sms) })).status).toBe(200);
    await bench.challenge({ ...credentials(person), challengeData: { email: true } });
    expect((await bench.logIn(person, { email: bench.lastCode(bench.mail) })).status).toBe(200);
    bench.time.now += 60_000;
    const wrong = await bench.logIn(person, { email: '000000', totp: bench.totp(secret) });
    expect(wrong.body['code']).toBe(210);
  });
});

describe('every other path', () => {
  it('enrols by /classes/_User/:id and in a batch', async () => {
    const [one, two] = [await bench.signUp(), await bench.signUp()];
    await bench.challenge({ challengeData: { otp: { phone: '+15550000002' } } }, one.session);
    const first = { authData: { otp: { phone: '+15550000002', code: bench.lastCode(bench.sms) } } };
    expect((await bench.call('PUT', `/classes/_User/${one.id}`, first, one.session)).status).toBe(200);
    await bench.challenge({ challengeData: { otp: { phone: '+15550000003' } } }, two.session);
    const body = { authData: { otp: { phone: '+15550000003', code: bench.lastCode(bench.sms) } } };
    const batch = await bench.call(
      'POST',
      '/batch',
      { requests: [{ method: 'PUT', path: `/parse/users/${two.id}`, body }] },
      two.session,
    );
    expect(batch.body[0].success.authDataResponse.otp).toMatchObject({ status: 'enabled' });
    for (const person of [one, two])
      expect((await bench.logIn(person)).body['error']).toContain('Missing additional authData otp');
  });

  it('enrols, challenges and logs in by GraphQL', async () => {
    const person = await bench.signUp();
    const challenge = `mutation ($input: ChallengeInput!) { challenge(input: $input) { challengeData } }`;
    const asked = await bench.graphql(
      challenge,
      { input: { challengeData: { otp: { phone: '+15550000004' } } } },
      person.session,
    );
    expect(asked['data'].challenge.challengeData.otp).toMatchObject({ status: 'sent' });
    const update = `mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { objectId } } }`;
    const fields = { authData: { otp: { phone: '+15550000004', code: bench.lastCode(bench.sms) } } };
    const updated = await bench.graphql(update, { input: { id: person.id, fields } }, person.session);
    expect(updated).toMatchObject({ data: { updateUser: { user: { objectId: person.id } } } });
    const logIn = `mutation ($input: LogInInput!) { logIn(input: $input) { viewer { sessionToken user { objectId } } } }`;
    const without = await bench.graphql(logIn, { input: credentials(person) });
    expect(without['errors'][0].message).toContain('Missing additional authData otp');
    bench.time.now += 60_000;
    await bench.graphql(challenge, { input: { ...credentials(person), challengeData: { otp: true } } });
    const wrong = await bench.graphql(logIn, { input: { ...credentials(person), authData: { otp: 'abcdef' } } });
    expect(wrong['errors'][0]).toMatchObject({ message: expect.stringMatching(/^invalid_input: /), extensions: { code: 142 } });
    const authData = { otp: bench.lastCode(bench.sms) };
    const login = await bench.graphql(logIn, { input: { ...credentials(person), authData } });
    expect(login['data'].logIn.viewer).toMatchObject({ sessionToken: expect.any(String), user: { objectId: person.id } });
    const replay = await bench.graphql(logIn, { input: { ...credentials(person), authData } });
    expect(replay['errors'][0].message).toMatch(/^code_expired: /);
  });

  it('enrols and logs in with the Parse JS SDK, and a save with the echoed status changes nothing', async () => {
    const Sdk = loadParseSdk('test', bench.url);
    Sdk.User.enableUnsafeCurrentUser();
    const user = new Sdk.User();
    user.set({ username: 'sdk', password: 'sdk password' });
    await user.signUp();
    const session = { 'X-Parse-Session-Token': user.getSessionToken() };
    await bench.challenge({ challengeData: { otp: { phone: '+15550000005' } } }, session);
    await user.linkWith('otp', { authData: { phone: '+15550000005', code: bench.lastCode(bench.sms) } });
    await Sdk.User.logOut();

    await expect(Sdk.User.logIn('sdk', 'sdk password')).rejects.toThrow('Missing additional authData otp');
    bench.time.now += 60_000;
    await bench.challenge({ username: 'sdk', password: 'sdk password', challengeData: { otp: true } });
    const again = await Sdk.User.logInWithAdditionalAuth('sdk', 'sdk password', { otp: bench.lastCode(bench.sms) });
    expect(again.get('authData')).toEqual({ otp: { status: 'enabled', destination: '•••• 0005' } });

    const before = await stored(again.id);
    again.set('authData', again.get('authData'));
    again.set('nickname', 'Sid');
    await again.save();
    expect(await stored(again.id)).toEqual(before);
    expect((await again.fetch()).get('nickname')).toBe('Sid');
    await Sdk.User.logOut();
  });
});

const stored = async (id: string): Promise<unknown> =>
  (await bench.sql.query(`select "authData" from "_User" where "objectId" = $1`, [id])).rows[0];

describe('a code from an independent implementation', () => {
  const hasOathtool = spawnSync('oathtool', ['--version']).status === 0;
  it.skipIf(!hasOathtool)('logs in (skipped where oathtool is missing: apt-get install oathtool)', async () => {
    const person = await bench.signUp();
    const secret = await bench.enrolTotp(person);
    const args = ['--totp=SHA1', '--base32', `--now=@${Math.floor(bench.time.now / 1000)}`, secret];
    const code = execFileSync('oathtool', args, { encoding: 'utf8' }).trim();
    expect((await bench.logIn(person, { totp: code })).status).toBe(200);
  });
});
