// @compat
import { createHash } from 'node:crypto';
import { breachedPasswords, FactorError, type PasswordCheck, type PasswordContext } from '@parse-factors/core';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { StandIn } from '@parse-factors/test-server/provider-stand-in';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { slug, type Stage, type StageOptions } from '../support/harness.js';
import { mailServer } from '../support/mail-server.js';
import { ResetRig } from '../support/reset-rig.js';
import { MASTER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';

/** New passwords are checked against those of data breaches, on a stand-in for the service that knows them. */

const BREACHED = 'correct horse';
const SOUND = 'a password of this test alone';
const PADDED = 'only in the padding';
const REFUSED = {
  code: 142,
  error: 'password_refused: This password is easy to guess, or known from a data breach. Choose another one.',
};

const hash = (password: string): string => createHash('sha1').update(password).digest('hex').toUpperCase();
const ranges = [hash(BREACHED), hash(PADDED)].map((each) => each.slice(0, 5));
const line = (password: string, count: number): string => `${hash(password).slice(5)}:${count}`;
/** The documented answer: known hashes, and padding with the count 0. One answer serves every range here. */
const answerFor = (breached: string) => ({
  status: 200,
  body: [`${'0'.repeat(35)}:3`, line(breached, 52_579), line(PADDED, 0), `${'F'.repeat(35)}:0`].join('\r\n'),
});

const service = new StandIn();
let url: string;
beforeAll(async () => {
  url = await service.start();
});
afterAll(() => service.stop());

let rig: ResetRig;
let stage: Stage;
const logged: string[] = [];
const links: string[] = [];

async function start(passwordCheck: PasswordCheck, options: StageOptions = {}): Promise<void> {
  const loggerAdapter = { log: (...entry: unknown[]) => void logged.push(JSON.stringify(entry)), query: () => undefined };
  rig = await ResetRig.start({
    ...options,
    server: { ...mailServer(links), logLevel: 'info', silent: false, loggerAdapter, ...options.server },
    compose: { passwordCheck, ...options.compose },
  });
  ({ stage } = rig);
}

beforeEach(() => {
  for (const list of [service.received, logged, links]) list.length = 0;
  service.answer = answerFor(BREACHED);
});

let names = 0;
const signUp = (password: unknown, more: object = {}, headers?: Record<string, string>): Promise<Answer> =>
  stage.call('POST', '/users', { username: `user${(names += 1)}`, password, ...more }, headers);
const change = (person: Person, password: unknown, headers: Record<string, string> = person.session): Promise<Answer> =>
  stage.call('PUT', `/users/${person.id}`, { password }, headers);

describe('a breached password', () => {
  beforeAll(() => start(breachedPasswords({ url, cacheSize: 0 })));
  afterAll(() => stage.stop());
  beforeEach(() => {
    stage.time.now += 11 * MINUTE;
    stage.events.length = 0;
  });

  it('is refused at a sign-up, which stores nothing, and another one is accepted', async () => {
    const before = (await stage.rows.find('_User')).length;
    expect(await signUp(BREACHED)).toMatchObject({ status: 400, body: REFUSED });
    expect(await stage.rows.find('_User')).toHaveLength(before);
    expect(stage.events).toMatchObject([{ type: 'rejected', reason: 'password_refused', factor: '' }]);
    expect((await signUp(SOUND)).status).toBe(201);
    expect((await signUp(PADDED)).status).toBe(201);
    const graphql = await stage.graphql('mutation ($input: SignUpInput!) { signUp(input: $input) { viewer { sessionToken } } }', {
      input: { fields: { username: 'graph', password: BREACHED } },
    });
    expect(JSON.stringify(graphql)).toContain('password_refused: ');
    const requests = [{ method: 'POST', path: '/parse/users', body: { username: 'batch', password: BREACHED } }];
    expect((await stage.call('POST', '/batch', { requests })).body).toMatchObject([{ error: REFUSED }]);
  });

  it('costs one request, which tells nothing but the first five digits of the hash', async () => {
    await signUp(BREACHED);
    expect(service.received).toHaveLength(1);
    const [{ method, path, headers, body } = { method: '', path: '', headers: {}, body: '' }] = service.received;
    expect([method, path, body]).toEqual(['GET', `/range/${ranges[0]}`, '']);
    expect(headers['add-padding']).toBe('true');
    const allowed = [
      'host',
      'connection',
      'add-padding',
      'user-agent',
      'accept',
      'accept-language',
      'sec-fetch-mode',
      'accept-encoding',
    ];
    expect(Object.keys(headers).filter((name) => !allowed.includes(name))).toEqual([]);
    expect(JSON.stringify(service.received)).not.toContain(hash(BREACHED).slice(0, 6));
  });

  it('is written to no log and no event', async () => {
    const person = await stage.signUp();
    await signUp(BREACHED);
    await change(person, BREACHED);
    await change(person, BREACHED, MASTER);
    const all = JSON.stringify([logged, stage.events]);
    expect(logged.join()).toContain('beforeSave failed for _User');
    expect(all).not.toContain(BREACHED);
    expect(all.toUpperCase()).not.toContain(hash(BREACHED).slice(0, 10));
  });

  it('is refused at a change, and the old password and all sessions stay', async () => {
    const person = await stage.signUp();
    expect(await change(person, BREACHED)).toMatchObject({ status: 400, body: REFUSED });
    expect((await stage.call('GET', '/users/me', undefined, person.session)).status).toBe(200);
    expect((await stage.logIn(person)).status).toBe(200);
    expect((await change(person, SOUND)).status).toBe(200);
    expect((await stage.logIn({ ...person, password: SOUND })).status).toBe(200);
  });

  it('asks the service about no login and no other save', async () => {
    const person = await stage.signUp();
    service.received.length = 0;
    await stage.logIn(person);
    await stage.logIn({ ...person, password: BREACHED });
    await stage.call('PUT', `/users/${person.id}`, { nickname: BREACHED }, person.session);
    expect(service.received).toEqual([]);
  });

  it('is refused in a reset by a code, which stays valid, as do the answers of second factors', async () => {
    const email = 'ann@example.com';
    const person = await rig.withEmail(email);
    const secret = await stage.enrolTotp(person);
    const code = await rig.codeFor({ factor: 'email', email });
    const sent = { factor: 'email', email, code, authData: { totp: stage.totp(secret) } };
    expect(await rig.set({ ...sent, password: BREACHED })).toMatchObject({ status: 400, body: REFUSED });
    expect(await rig.opens(person, person.password, { totp: stage.totp(secret, 1) })).toBe(true);
    stage.time.now += MINUTE;
    const again = { ...sent, authData: { totp: stage.totp(secret) } };
    expect((await rig.set({ ...again, password: SOUND })).status).toBe(200);
    expect(slug(await rig.set({ ...again, password: SOUND }))).toBe('code_rejected');
  });

  it('is not judged in a reset for those who do not have the code', async () => {
    const email = 'bob@example.com';
    await rig.withEmail(email);
    await rig.codeFor({ factor: 'email', email });
    service.received.length = 0;
    const reset = { factor: 'email', email, code: '000000', password: BREACHED };
    expect(slug(await rig.set(reset))).toBe('code_rejected');
    expect(service.received).toEqual([]);
  });

  it('is refused by the link of Parse Server, which stays valid', async () => {
    const email = 'eve@example.com';
    const person = await rig.withEmail(email);
    expect((await stage.call('POST', '/requestPasswordReset', { email })).status).toBe(200);
    const token = new URL(links.at(-1) ?? '').searchParams.get('token') ?? '';
    const headers = { 'X-Requested-With': 'XMLHttpRequest', 'Content-Type': 'application/x-www-form-urlencoded' };
    const follow = (password: string): Promise<Answer> => {
      const form = new URLSearchParams({ new_password: password, token }).toString();
      return stage.call('POST', '/apps/test/request_password_reset', form, headers);
    };
    const refused = await follow(BREACHED);
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toContain('password_refused: ');
    expect((await stage.logIn(person)).status).toBe(200);
    expect((await follow(SOUND)).status).toBe(200);
    expect((await stage.logIn({ ...person, password: SOUND })).status).toBe(200);
  });

  it('does not use up the code of a sign-up by a code that also sets a password', async () => {
    const id = 'new@example.com';
    expect((await stage.challenge({ challengeData: { emailLogin: { email: id } } })).status).toBe(200);
    const authData = { emailLogin: { id, code: stage.lastCode(stage.mail) } };
    expect(await signUp(BREACHED, { authData })).toMatchObject({ status: 400, body: REFUSED });
    expect((await signUp(SOUND, { authData })).status).toBe(201);
  });

  it('is not looked up for a client in a transaction, whose connection would be held meanwhile', async () => {
    const request = { method: 'POST', path: '/parse/users', body: { username: `user${(names += 1)}`, password: SOUND } };
    const answer = await stage.call('POST', '/batch', { transaction: true, requests: [request] });
    expect([answer.status, service.received]).toEqual([500, []]); // as Parse Server answers whatever is refused in a transaction
    expect(await stage.rows.find('_User', { username: request.body.username })).toEqual([]);
    expect((await stage.call('POST', '/batch', { requests: [request] })).status).toBe(200);
    expect(service.received).toHaveLength(1);
  });

  it('is refused with the master key too', async () => {
    const person = await stage.signUp();
    expect(await change(person, BREACHED, MASTER)).toMatchObject({ status: 400, body: REFUSED });
    expect(await signUp(BREACHED, {}, MASTER)).toMatchObject({ status: 400, body: REFUSED });
    expect((await change(person, SOUND, MASTER)).status).toBe(200);
  });

  it.each([[12_345_678], [{ __type: 'Bytes', base64: 'AAAA' }], [{ __op: 'Delete' }], [['a']], [null]])(
    'is not hidden in a password that is no string: %j',
    async (password) => {
      const person = await stage.signUp();
      for (const headers of [person.session, MASTER]) expect(slug(await change(person, password, headers))).toBe('invalid_input');
      expect((await stage.logIn(person)).status).toBe(200);
    },
  );
});

describe('a service that does not answer as documented', () => {
  let failClosed = false;
  const checks = (): readonly PasswordCheck[] => [
    breachedPasswords({ url, timeoutMs: 200, failClosed: false }),
    breachedPasswords({ url, timeoutMs: 200, failClosed: true }),
  ];
  beforeAll(async () => {
    const [open, closed] = checks();
    await start(async (password, context) => (await (failClosed ? closed : open)?.(password, context)) ?? false);
  });
  afterAll(() => stage.stop());

  const faults = [
    ['is silent', 'hang', 'timeout'],
    ['never ends its answer', 'stall', 'timeout'],
    ['breaks the connection', 'reset', 'connection_failed'],
    ['is overloaded', { status: 503, body: 'busy' }, 'http_503'],
    ['limits requests', { status: 429, body: '' }, 'http_429'],
    ['answers a page', { status: 200, body: '<html></html>' }, 'reply_malformed'],
    ['answers nothing', { status: 200, body: '' }, 'reply_malformed'],
    ['answers only padding', { status: 200, body: line(BREACHED, 0) }, 'reply_malformed'],
    ['answers without end', { status: 200, body: `${line(BREACHED, 1)}\n`.repeat(30_000) }, 'reply_too_long'],
    ['redirects', { status: 302, body: '', headers: { Location: 'http://127.0.0.1:1/range/00000' } }, 'connection_failed'],
  ] as const;

  it.each(faults)('by default, new passwords are accepted with an event when it %s', async (_what, answer) => {
    failClosed = false;
    service.answer = answer;
    stage.events.length = 0;
    const password = `breached ${names}`;
    expect((await signUp(password)).status).toBe(201);
    expect(stage.events).toMatchObject([{ type: 'fault', reason: 'password_unchecked' }]);
    service.answer = answerFor(password); // no fault is kept
    expect(slug(await signUp(password))).toBe('password_refused');
  });

  it.each(faults)('with failClosed, new passwords are refused for now when it %s', async (_what, answer, reason) => {
    failClosed = true;
    service.answer = answer;
    stage.events.length = 0;
    const password = `sound ${names}`;
    expect(slug(await signUp(password))).toBe('unavailable');
    expect(stage.events).toMatchObject([{ type: 'fault', reason }]);
    service.answer = answerFor(BREACHED);
    expect((await signUp(password)).status).toBe(201);
  });
});

describe('a check of the application', () => {
  const seen: [string, PasswordContext][] = [];
  let verdict: unknown = true;
  const check: PasswordCheck = async (password, context) => {
    seen.push([password, context]);
    if (verdict instanceof Error) throw verdict;
    return verdict as boolean;
  };
  beforeAll(() => start(check));
  afterAll(() => stage.stop());
  beforeEach(() => {
    verdict = true;
    seen.length = 0;
  });

  it('learns who sets the password, and how', async () => {
    const person = await stage.signUp();
    expect(seen).toMatchObject([[person.password, { user: undefined, hasMasterKey: false, ip: expect.any(String) }]]);
    await change(person, 'another one', MASTER);
    const [password, { user, hasMasterKey } = { user: undefined, hasMasterKey: false }] = seen.at(-1) ?? [];
    expect([password, user?.get('username'), hasMasterKey]).toEqual(['another one', person.username, true]);
  });

  it.each([[false], [undefined], [null], ['true'], [1]])('refuses a password by anything but true: %j', async (answer) => {
    verdict = answer;
    expect(slug(await signUp(SOUND))).toBe('password_refused');
  });

  it('replies with its own FactorError, and hides any other', async () => {
    verdict = new FactorError('password_refused', { sentence: 'Use at least 15 characters.' });
    expect((await signUp(SOUND)).body['error']).toBe('password_refused: Use at least 15 characters.');
    verdict = new Error(`no ${SOUND}`);
    const { body } = await signUp(SOUND);
    expect(body).toEqual({ code: 1, error: 'unavailable: The server cannot check this right now. Try again later.' });
  });
});

describe('the answers of the service', () => {
  const context: PasswordContext = {
    user: undefined,
    hasMasterKey: false,
    ip: undefined,
    headers: {},
    installationId: undefined,
  };
  const verdict = async (check: PasswordCheck, password: string): Promise<unknown> => check(password, context);

  it('are kept for their time, and a later request gets a new one', async () => {
    let now = 0;
    const check = breachedPasswords({ url, cacheMs: 1000, clock: () => now });
    for (now of [0, 999]) expect(await verdict(check, BREACHED)).toBe(false);
    expect(service.received).toHaveLength(1);
    service.answer = answerFor(SOUND);
    now = 1000;
    expect(await verdict(check, BREACHED)).toBe(true);
    expect(service.received).toHaveLength(2);
  });

  it('serve all requests of the same moment', async () => {
    const check = breachedPasswords({ url });
    const all = await Promise.all(Array.from({ length: 20 }, () => verdict(check, BREACHED)));
    expect(new Set(all)).toEqual(new Set([false]));
    expect(service.received).toHaveLength(1);
  });

  it('are kept up to the bound, the oldest is forgotten first', async () => {
    const check = breachedPasswords({ url, cacheSize: 2 });
    for (const password of ['a', 'b', 'a', 'c', 'b', 'c', 'a']) await verdict(check, password);
    const asked = ['a', 'b', 'c', 'a'].map((password) => `/range/${hash(password).slice(0, 5)}`);
    expect(service.received.map(({ path }) => path)).toEqual(asked);
  });

  it('may have any case and line ends, and a base URL may end with a slash', async () => {
    service.answer = { status: 200, body: `${answerFor(BREACHED).body.toLowerCase().replaceAll('\r', '')}\n\n` };
    expect(await verdict(breachedPasswords({ url: `${url}/` }), BREACHED)).toBe(false);
  });

  it('cannot turn a redirect into a request to another host', async () => {
    const other = new StandIn();
    service.answer = { status: 307, body: '', headers: { Location: `${await other.start()}/range/00000` } };
    expect(await verdict(breachedPasswords({ url }), BREACHED)).toBe('unknown');
    expect(other.received).toEqual([]);
    other.stop();
  });

  it.each([
    [{ url: 'http://example.com' }, 'option "url" must be a URL that begins with https://, or with http:// for this machine'],
    [{ url: 'ftp://example.com' }, 'option "url" must be a URL'],
    [{ timeoutMs: 0 }, 'option "timeoutMs" must be a whole number from 50 to 10000'],
    [{ cacheSize: 1e6 }, 'option "cacheSize" must be a whole number from 0 to 1000'],
    [{ failOpen: true }, 'unknown option "failOpen"'],
  ])('are not asked for with wrong options: %j', (options, message) => {
    expect(() => breachedPasswords(options as object)).toThrow(message);
  });
});

describe('a password of more than 1024 characters', () => {
  it('is refused before any check sees it, as some take long for long texts', async () => {
    const seen: string[] = [];
    await start((password) => {
      seen.push(password);
      return true;
    });
    seen.length = 0;
    const post = (length: number): Promise<Answer> =>
      stage.call('POST', '/users', { username: `long${length}`, password: `a${'\u0344\u0323'.repeat(length)}`.slice(0, length) });
    const refused = await post(1025);
    expect(refused.body).toEqual({ code: 142, error: 'invalid_input: Field "password" must have at most 1024 characters.' });
    expect(slug(await post(60_000))).toBe('invalid_input');
    expect(seen).toEqual([]);
    expect((await post(1024)).status).toBe(201);
    expect(seen).toHaveLength(1);
    await stage.stop();
  });
});
