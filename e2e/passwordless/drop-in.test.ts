// @compat
import { readFileSync } from 'node:fs';
import { NEVER } from '@parse-factors/core/store';
import { initializeOtpAdapter, pruneOtps, setupOtpTable, type OtpAdapterOptions } from '@parse-factors/email-otp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { loadParseSdk } from '@parse-factors/test-server/parse-sdk';
import { startParseServer, type Answer, type TestServer } from '@parse-factors/test-server/parse-server';
import { slug } from '../support/harness.js';
import { MASTER, sessionHeaders } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { countRows, storeFactors } from '../support/rows.js';

const sent: { email: string; otp: string }[] = [];

/** The configuration that the README of parse-server-otp-auth-adapter shows. */
const otpOptions: OtpAdapterOptions = {
  otpValidityInMs: 300_000,
  applicationId: 'YOUR_APP_ID',
  mountPath: '/parse',
  maxAttempts: 3,
  sendEmail: async (email, otp) => {
    sent.push({ email, otp });
  },
};

let server: TestServer;
let tests = 0;
const startedAt = Date.now();
beforeAll(async () => {
  server = await startParseServer(inject('database'), {
    auth: { otp: initializeOtpAdapter(otpOptions) },
    cloud: (Parse: { Cloud: { job(name: string, work: (request: { config?: unknown }) => Promise<unknown>): void } }) =>
      Parse.Cloud.job('cleanupExpiredOTPs', pruneOtps),
  });
});
afterAll(() => server.stop());
beforeEach(() => {
  tests += 1; // each at a time of its own, so that limits of one do not hold for the next
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(startedAt + tests * 3_600_000);
});
afterEach(() => vi.useRealTimers());

let people = 0;
const newAddress = (): string => `person${(people += 1)}@example.com`;
const challenge = (email: unknown): Promise<Answer> => server.call('POST', '/challenge', { challengeData: { otp: { email } } });
const signIn = (authData: object): Promise<Answer> => server.call('POST', '/users', { authData: { otp: authData } });
async function codeFor(email: string): Promise<string> {
  vi.setSystemTime(Date.now() + MINUTE);
  expect(await challenge(email)).toMatchObject({ status: 200, body: { challengeData: {} } });
  expect(sent.at(-1)?.email).toBe(email);
  return sent.at(-1)?.otp ?? '';
}

describe('the README of parse-server-otp-auth-adapter', () => {
  it('the drop-in signs up and logs in as the client code of the original README does', async () => {
    await setupOtpTable();
    const Parse = loadParseSdk('test', server.url);
    const logIn = async (email: string): Promise<string> => {
      vi.setSystemTime(Date.now() + MINUTE);
      // 1. Request OTP
      await fetch(`${server.url}/challenge`, {
        method: 'POST',
        headers: { 'X-Parse-Application-Id': 'test', 'Content-Type': 'application/json' },
        body: JSON.stringify({ challengeData: { otp: { email } } }),
      });
      // 2. User receives OTP via email
      const otp = sent.at(-1)?.otp;
      // 3. Authenticate with Parse using the received OTP
      const authData = { email, otp, id: email };
      const user = new Parse.User();
      user.set('username', email);
      await user.linkWith('otp', { authData });
      expect(user.getSessionToken()).toEqual(expect.any(String));
      return user.id;
    };
    const email = newAddress();
    expect(await logIn(email)).toBe(await logIn(email));
    expect(await logIn(newAddress())).not.toBe(await logIn(email));
  });

  it('the drop-in finds the users of the original adapter, however their address was spelled', async () => {
    for (const id of [newAddress(), 'Old.Friend@Example.com']) {
      const created = await server.call('POST', '/users', { username: id, password: 'x' });
      const old = { authData: { otp: { email: id, otp: '123456', id } }, createdAt: new Date(Date.now() - 365 * DAY) };
      await server.rows.update('_User', { objectId: String(created.body['objectId']) }, old);
      const answer = await signIn({ email: id, otp: await codeFor(id.toLowerCase()), id });
      expect(answer.body['objectId']).toBe(created.body['objectId']);
      const me = await server.call('GET', '/users/me', undefined, sessionHeaders(answer));
      expect(JSON.stringify(me.body['authData'])).not.toContain('123456');
    }
  });

  it('the drop-in has a job that cleans up', async () => {
    await codeFor(newAddress());
    expect(await countRows(server, 'FactorState')).toBeGreaterThan(0);
    vi.setSystemTime(Date.now() + 4 * 24 * 3_600_000);
    expect((await server.call('POST', '/jobs/cleanupExpiredOTPs', {}, MASTER)).status).toBe(200);
    // What seals the ids of users is kept.
    const left = async (): Promise<unknown> => (await server.rows.find('FactorState')).map(({ codeExpiresAt }) => codeExpiresAt);
    await vi.waitFor(async () => expect(await left()).toEqual([NEVER]));
  });
});

describe('what its applications do with the master key', () => {
  const invite = (otp: object, headers = MASTER): Promise<Answer> =>
    server.call('POST', '/users', { username: `invited${(people += 1)}`, password: 'x', authData: { otp } }, headers);

  it('a person who was invited with their address signs in to the account that was made for them', async () => {
    const email = newAddress();
    const created = await invite({ email, id: email });
    expect(created.status).toBe(201);
    const answer = await signIn({ email, id: email, otp: await codeFor(email) });
    expect([answer.status, answer.body['objectId']]).toEqual([200, created.body['objectId']]);
  });

  it('the master key gives a user with a password an address, and another one later', async () => {
    const person = await server.signUp();
    const stranger = await server.signUp();
    for (const email of [newAddress(), newAddress()]) {
      const body = { authData: { otp: { email: email.toUpperCase(), id: email } } };
      for (const headers of [stranger.session, {}])
        expect((await server.call('PUT', `/users/${person.id}`, body, headers)).status).toBeGreaterThanOrEqual(400);
      expect((await server.call('PUT', `/users/${person.id}`, body, MASTER)).status).toBe(200);
      const answer = await signIn({ email, id: email, otp: await codeFor(email) });
      expect(answer.body['objectId']).toBe(person.id);
    }
  });

  it('the drop-in refuses an address in another form, a second address, or more beside it, and makes no account', async () => {
    const [email, other] = [newAddress(), newAddress()];
    const before = await countRows(server, '_User');
    for (const otp of [
      { email, id: email.toUpperCase() },
      { email: other, id: email },
      { email, id: email, otp: '123456' },
      { email: 'unknown', id: email },
      { email: [email], id: email },
      { email, id: 'unknown' },
    ]) {
      const { status, body } = await invite(otp);
      expect([otp, status, body['error']]).toEqual([otp, 400, expect.stringMatching(/^(?:invalid_input|code_rejected): /)]);
    }
    expect((await invite({ email, id: email }, {})).status).toBe(400);
    expect(await countRows(server, '_User')).toBe(before);
  });
});

describe('the query of the guide', () => {
  const guide = new URL('../../docs/move/from-otp-adapter.md', import.meta.url);
  const where = /'where=(\{.*\})'/.exec(readFileSync(guide, 'utf8'))?.[1] ?? '';

  it('the query of the guide finds exactly the users to whose ids no code can be sent', async () => {
    const good = ['Old.Mate@Example.com', "o'neil+x@mail.example.co", 'ann@b\u00fccher.example', 'a_b@xn--bcher-kva.xn--p1ai'];
    const bad = ['ann', '+15551234567', 'hanna@localhost', 'hanna@[192.0.2.1]', 'hanna@192.0.2.1', 'j\u00f6rg@example.com'];
    bad.push('"ann"@example.com', 'Ann <ann@example.com>', 'a@b@example.com', 'ann @example.com', 'a@example.com,b@example.com');
    for (const id of [...good, ...bad]) {
      vi.setSystemTime(Date.now() + 11 * MINUTE);
      const { body } = await server.call('POST', '/users', { username: `query ${id}`, password: 'x' });
      await storeFactors(server, { id: String(body['objectId']) }, { otp: { id, email: id } });
      expect([id, (await challenge(id)).status]).toEqual([id, good.includes(id) ? 200 : 400]);
    }
    const { body } = await server.call('GET', `/users?limit=100&where=${encodeURIComponent(where)}`, undefined, MASTER);
    const found = (body['results'] as { username: string }[]).map(({ username }) => username.replace('query ', ''));
    expect(found.toSorted()).toEqual(bad.toSorted());
  });
});

describe('what the original adapter got wrong', () => {
  it("a code for one address does not log in to another user's account", async () => {
    const [mine, yours] = [newAddress(), newAddress()];
    const victim = await signIn({ id: yours, email: yours, otp: await codeFor(yours) });
    expect(victim.status).toBe(201);
    const otp = await codeFor(mine);
    for (const payload of [
      { email: mine, otp, id: yours },
      { otp, id: yours },
      { email: yours, otp, id: mine },
    ]) {
      const { status, body } = await signIn(payload);
      expect([status, body['sessionToken']]).toEqual([400, undefined]);
    }
  });

  it('an attacker cannot prepare an account for another person', async () => {
    const email = newAddress();
    await codeFor(newAddress()); // from the first start on
    const attempts = [
      { username: 'a1', password: 'x', 'authData.otp.id': email },
      { username: 'a2', password: 'x', 'authData.otp': { id: newAddress(), email } },
      { authData: { anonymous: { id: 'a3' } }, 'authData.otp': { id: newAddress() } },
    ];
    const ids = [email, `person${people - 1}@example.com`, `person${people}@example.com`];
    for (const [index, attempt] of attempts.entries()) {
      const attacker = await server.call('POST', '/users', attempt);
      const id = ids[index] ?? '';
      const answer = await signIn({ id, email: id, otp: await codeFor(id) });
      // Refused, because the account's owner is unknown. It never becomes the attacker's.
      expect([answer.body['objectId'] === undefined || answer.body['objectId'] !== attacker.body['objectId'], id]).toEqual([
        true,
        id,
      ]);
    }
  });

  it('codes of the drop-in are nowhere stored in clear', async () => {
    const email = newAddress();
    const otp = await codeFor(email);
    const dump = await server.rows.dump();
    expect(dump).not.toContain(otp);
    expect(dump).not.toContain(email);
  });

  it('parallel guesses at the drop-in are all counted', async () => {
    const email = newAddress();
    const otp = await codeFor(email);
    await Promise.all(
      Array.from({ length: 30 }, (_, guess) => signIn({ id: email, email, otp: String(guess).padStart(6, '0') })),
    );
    expect(slug(await signIn({ id: email, email, otp }))).toBe('code_rejected');
  });

  it('one code of the drop-in opens one session, within its time', async () => {
    const email = newAddress();
    const otp = await codeFor(email);
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn({ id: email, email, otp })));
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    const late = await codeFor(email);
    vi.setSystemTime(Date.now() + 300_000);
    expect(slug(await signIn({ id: email, email, otp: late }))).toBe('code_rejected');
  });

  it('messages of the drop-in are limited', async () => {
    const email = newAddress();
    await codeFor(email);
    const before = sent.length;
    const answers = await Promise.all(Array.from({ length: 10 }, () => challenge(email)));
    expect([new Set(answers.map(slug)), sent.length]).toEqual([new Set(['cooldown']), before]);
    for (const bad of [
      [email],
      { $ne: '' },
      `${email}\r\nBcc: x@example.com`,
      `"a" <${email}>`,
      'a,b@example.com',
      '',
      null,
      7,
    ]) {
      expect(slug(await challenge(bad))).toBe('invalid_input');
    }
    expect(sent.length).toBe(before);
  });

  it('a session links an address only with a code that it asked for', async () => {
    const email = newAddress();
    const attacker = await server.signUp();
    const otp = await codeFor(email);
    const link = (payload: object) =>
      server.call('PUT', `/users/${attacker.id}`, { authData: { otp: payload } }, attacker.session);
    expect((await link({ id: email, email, otp })).status).toBe(400);
    expect((await link({ id: email, email })).status).toBe(400);
    expect((await signIn({ id: email, email, otp })).status).toBe(201);
  });
});

describe('its options', () => {
  it.each([
    [{ ...otpOptions, sendEmail: undefined }, /"sendEmail"/],
    [{ ...otpOptions, otpValidityInMs: 0 }, /"otpValidityInMs"/],
    [{ ...otpOptions, maxAttempts: '3' }, /"maxAttempts"/],
    [{ ...otpOptions, maxSendsPerIp: 0 }, /"maxSendsPerIp"/],
    [{ ...otpOptions, validity: 3 }, /unknown option "validity"/],
  ])('the options of the drop-in are checked', (options, message) => {
    expect(() => initializeOtpAdapter(options as OtpAdapterOptions)).toThrow(message);
  });
});
