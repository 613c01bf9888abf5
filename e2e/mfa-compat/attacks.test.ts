// @slow
import { FACTOR_ERRORS } from '@parse-factors/core';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { TotpFactor } from '@parse-factors/totp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug } from '../support/harness.js';
import { MOBILE, OTHER_SECRET, pass, SECRET, startCompat, totp, type MfaRig } from '../support/mfa-rig.js';
import { LOG_IN, sessionHeaders } from '../support/requests.js';
import { DAY, HOUR, MINUTE } from '../support/time.js';
import { storeFactor } from '../support/rows.js';

const events: string[] = [];
let rig: MfaRig;
let time = Date.now();
beforeAll(async () => {
  rig = await startCompat(inject('database'), {
    more: { device: new TrustedDeviceFactor(), totp: new TotpFactor({ issuer: 'Acme' }) },
    onEvent: ({ type, reason }) => events.push(`${type} ${reason ?? ''}`.trim()),
  });
});
afterAll(() => rig.stop());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  time += DAY;
  vi.setSystemTime(time);
  events.length = 0;
});
afterEach(() => {
  time = Date.now();
  vi.useRealTimers();
});

const enrolled = async (): Promise<{ person: Person; codes: readonly string[] }> => {
  const person = await rig.signUp();
  return { person, codes: await rig.enrolTotp(person) };
};
const withMobile = async (): Promise<Person> => {
  const person = await rig.signUp();
  await rig.enrolMobile(person);
  return person;
};
const parallel = (times: number, ask: (index: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => ask(index)));
const letIn = (answers: readonly Answer[]): number => answers.filter(({ status }) => status === 200).length;

describe('guessing', () => {
  it('ten of 200 parallel tokens are looked at, and the lock that follows holds for a right token', async () => {
    const { person } = await enrolled();
    const answers = await parallel(200, (guess) => rig.logIn(person, { token: String(guess).padStart(6, '0') }));
    expect(letIn(answers)).toBe(0);
    expect(answers.map(slug).filter((code) => code === 'code_rejected').length).toBeLessThanOrEqual(10);
    expect(slug(await rig.logIn(person, { token: totp(SECRET) }))).toBe('locked');
    pass(16 * MINUTE);
    expect((await rig.logIn(person, { token: totp(SECRET) })).status).toBe(200);
  });

  it('guesses at recovery codes count together with guesses at tokens', async () => {
    const { person, codes } = await enrolled();
    for (let guess = 0; guess < 5; guess += 1) await rig.logIn(person, { token: String(guess).repeat(30) });
    for (let guess = 0; guess < 5; guess += 1) await rig.logIn(person, { token: '000000' });
    for (const token of [codes[0], totp(SECRET)]) expect(slug(await rig.logIn(person, { token }))).toBe('locked');
  });

  it('five guesses at a code by SMS are looked at, and asking again gives no more before the lock', async () => {
    const person = await withMobile();
    await rig.logIn(person, { token: 'request' });
    const right = rig.lastToken();
    const wrong = right === '000000' ? '000001' : '000000';
    for (let guess = 0; guess < 5; guess += 1) expect((await rig.logIn(person, { token: wrong })).status).toBe(400);
    expect(slug(await rig.logIn(person, { token: right }))).toBe('code_expired');
  });

  it('guesses from a stolen session do not lock the login', async () => {
    const { person } = await enrolled();
    await parallel(20, () => rig.save(person, { token: '000000' }));
    await parallel(20, () => rig.save(person, { old: '000000', secret: OTHER_SECRET, token: totp(OTHER_SECRET) }));
    expect(slug(await rig.save(person, { token: totp(SECRET) }))).toBe('locked');
    expect((await rig.logIn(person, { token: totp(SECRET) })).status).toBe(200);
  });
});

describe('one answer opens one session', () => {
  it('20 parallel logins and proofs with one token open one session', async () => {
    const { person } = await enrolled();
    const token = totp(SECRET);
    const answers = await parallel(20, (index) => (index % 2 === 0 ? rig.logIn(person, { token }) : rig.save(person, { token })));
    expect(letIn(answers)).toBe(1);
  });

  it('20 parallel logins with one recovery code open one session', async () => {
    const { person, codes } = await enrolled();
    expect(letIn(await parallel(20, () => rig.logIn(person, { token: codes[0] })))).toBe(1);
    expect(events.filter((event) => event === 'recovery_used')).toHaveLength(1);
  });

  it('two recovery codes at the same moment open two sessions, and both are used up', async () => {
    const { person, codes } = await enrolled();
    expect(letIn(await parallel(2, (index) => rig.logIn(person, { token: codes[index] })))).toBe(2);
    expect(letIn(await parallel(2, (index) => rig.logIn(person, { token: codes[index] })))).toBe(0);
  });

  it('20 parallel logins with one code by SMS open one session', async () => {
    const person = await withMobile();
    await rig.logIn(person, { token: 'request' });
    const token = rig.lastToken();
    expect(letIn(await parallel(20, () => rig.logIn(person, { token })))).toBe(1);
  });

  it('an older step after a newer one is refused', async () => {
    const { person } = await enrolled();
    expect((await rig.logIn(person, { token: totp(SECRET, 1) })).status).toBe(200);
    expect(slug(await rig.logIn(person, { token: totp(SECRET) }))).toBe('code_rejected');
  });

  it('a code for a login is no fresh proof, and a code for a proof is no login', async () => {
    const person = await withMobile();
    await rig.logIn(person, { token: 'request' });
    const login = rig.lastToken();
    pass(MINUTE);
    expect((await rig.save(person, { token: 'request' })).body['error']).toBe('factor_required: Please enter the token');
    const proof = rig.lastToken();
    expect(slug(await rig.logIn(person, { token: proof }))).toMatch(/^code_/);
    expect(slug(await rig.save(person, { token: login }))).toMatch(/^code_/);
    expect((await rig.save(person, { token: proof })).body['authDataResponse'].mfa.status).toBe('verified');
  });
});

describe('changing it', () => {
  it('removing mfa needs a fresh proof, and a recovery code is none in any form', async () => {
    const { person, codes } = await enrolled();
    pass(10 * MINUTE);
    const old = codes[0];
    for (const mfa of [{ token: old }, old, { code: old }, { old, secret: OTHER_SECRET, token: totp(OTHER_SECRET) }])
      expect(slug(await rig.save(person, mfa))).toBe('invalid_input');
    expect(slug(await rig.save(person, null))).toBe('fresh_proof_required');
    const login = await rig.logIn(person, { token: old });
    const session = { ...person, session: sessionHeaders(login) };
    expect(slug(await rig.save(session, null))).toBe('fresh_proof_required');
    expect(slug(await rig.save(session, { secret: OTHER_SECRET, token: totp(OTHER_SECRET) }))).toBe('fresh_proof_required');
  });

  it('replacing mfa by a token of the old one is one request, and a wrong token of the new one changes nothing', async () => {
    const { person } = await enrolled();
    pass(10 * MINUTE);
    const mfa = { old: totp(SECRET), secret: OTHER_SECRET, token: totp(OTHER_SECRET) };
    const answers = await parallel(20, () => rig.save(person, mfa));
    expect(letIn(answers)).toBe(1);
    pass(MINUTE);
    expect((await rig.logIn(person, { token: totp(OTHER_SECRET) })).status).toBe(200);
  });

  it("another user's session can send, spend and store nothing of mfa", async () => {
    const { person, codes } = await enrolled();
    const [owner, thief] = [await withMobile(), await rig.signUp()];
    const before = rig.sms.length;
    const stored = [await rig.stored(person), await rig.stored(owner)];
    for (const [victim, mfa] of [
      [person, { token: totp(SECRET) }],
      [person, { token: codes[0] }],
      [person, null],
      [person, { old: totp(SECRET), secret: OTHER_SECRET, token: totp(OTHER_SECRET) }],
      [owner, { token: 'request' }],
      [owner, { mobile: '+15557770001' }],
    ] as const) {
      for (const headers of [thief.session, {}])
        expect((await rig.call('PUT', `/users/${victim.id}`, { authData: { mfa } }, headers)).status).toBeGreaterThanOrEqual(400);
    }
    expect([rig.sms.length, [await rig.stored(person), await rig.stored(owner)]]).toEqual([before, stored]);
    expect((await rig.logIn(person, { token: totp(SECRET) })).status).toBe(200);
    expect((await rig.logIn(person, { token: codes[0] })).status).toBe(200);
  });

  it('a device is trusted after a login with a token, and not after one with a recovery code', async () => {
    const { person, codes } = await enrolled();
    pass(10 * MINUTE);
    const remember = async (token: unknown): Promise<Answer> => {
      const { body } = await rig.logIn(person, { token });
      const session = sessionHeaders({ body });
      return rig.call('PUT', `/users/${person.id}`, { authData: { device: { remember: 'true', name: 'x' } } }, session);
    };
    expect(slug(await remember(codes[0]))).toBe('fresh_proof_required');
    expect((await remember(totp(SECRET))).status).toBe(200);
  });
});

describe('a forged record', () => {
  const forged = [
    { secret: OTHER_SECRET, recovery: ['A'.repeat(30)] },
    { secret: OTHER_SECRET, recovery: [] },
    { mobile: MOBILE, token: '123456', expiry: '2099-01-01T00:00:00.000Z' },
    { pending: {} },
    { pending: { [MOBILE]: { token: '123456' } } },
    { sealed: '1.test.AAAA', secret: '-', mobile: '-' },
    { secret: '-', mobile: '-' },
    {},
  ];

  it('a forged record is stored by no request of a client, whatever it sends along', async () => {
    const { person } = await enrolled();
    const fresh = await rig.signUp();
    for (const victim of [person, fresh]) {
      pass(10 * MINUTE);
      const before = await rig.stored(victim);
      for (const mfa of forged) {
        const bodies = [
          { authData: { mfa } },
          { 'authData.mfa': mfa },
          { authData: { mfa, anonymous: { id: 'x' } } },
          { authData: { mfa, totp: { status: 'x' } } },
          ...Object.entries(mfa).map(([name, value]) => ({ [`authData.mfa.${name}`]: value })),
        ];
        for (const body of bodies) {
          const batch = { requests: [{ method: 'PUT', path: `/parse/users/${victim.id}`, body }] };
          await rig.call('PUT', `/users/${victim.id}`, body, victim.session);
          await rig.call('PUT', `/classes/_User/${victim.id}`, body, victim.session);
          await rig.call('POST', '/batch', batch, victim.session);
          await rig.call('PUT', `/users/${victim.id}`, body);
          expect([mfa, await rig.stored(victim)]).toEqual([mfa, before]);
        }
      }
    }
    const tokens = { token: totp(OTHER_SECRET) };
    expect((await rig.logIn(person, tokens)).body['sessionToken']).toBeUndefined();
    expect((await rig.logIn(fresh)).status).toBe(200);
  });

  it('a forged record with an id opens no session by that id, and does not open', async () => {
    const { person } = await enrolled();
    await storeFactor(rig, person, 'mfa', { ...(await rig.stored(person)), id: 'x' });
    const alone = await rig.call('POST', '/users', { authData: { mfa: { id: 'x', token: totp(SECRET) } } });
    expect([alone.status >= 400, alone.body['sessionToken']]).toEqual([true, undefined]);
    expect(slug(await rig.logIn(person, { token: totp(SECRET) }))).toBe('unavailable');
  });

  it('a forged record is not taken from a sign-up', async () => {
    for (const [index, mfa] of forged.entries()) {
      for (const [way, body] of [
        { authData: { mfa } },
        { 'authData.mfa': mfa },
        { 'authData.mfa.secret': OTHER_SECRET },
      ].entries()) {
        const username = `forger${index}-${way}`;
        await rig.call('POST', '/users', { username, password: 'x', ...body });
        const login = await rig.call('POST', '/login', {
          username,
          password: 'x',
          authData: { mfa: { token: totp(OTHER_SECRET) } },
        });
        expect([body, login.body['sessionToken']]).toEqual([body, undefined]);
      }
    }
  });
});

describe('messages', () => {
  it('20 parallel requests at a login or a set-up send one message', async () => {
    const person = await withMobile();
    const before = rig.sms.length;
    const answers = await parallel(20, () => rig.logIn(person, { token: 'request' }));
    expect(answers.filter(({ body }) => String(body['error']).includes('Please enter the token'))).toHaveLength(1);
    expect(rig.sms.length - before).toBe(1);
    const fresh = await rig.signUp();
    await parallel(20, (index) => rig.save(fresh, { mobile: `+155577700${10 + index}` }));
    expect(rig.sms.length - before).toBe(2);
  });

  it('one number is sent at most five messages in ten minutes and ten in a day, by all users together', async () => {
    const number = '+15557780001';
    const before = rig.sms.length;
    for (let ask = 0; ask < 12; ask += 1) {
      await rig.save(await rig.signUp(), { mobile: number });
      await rig.save(await rig.signUp(), { mobile: `${number.slice(0, 5)} ${number.slice(5)}` });
    }
    expect(rig.sms.length - before).toBe(5);
    for (let hour = 0; hour < 6; hour += 1) {
      pass(11 * MINUTE);
      for (let ask = 0; ask < 6; ask += 1) await rig.save(await rig.signUp(), { mobile: number });
    }
    expect(rig.sms.length - before).toBe(10);
  });
});

const long = 'x'.repeat(100_000);
const BAD: readonly unknown[] = [
  '',
  '12345',
  '1234567',
  '12345a',
  '١٢٣٤٥',
  '１２３４５６７',
  '123\u200b45',
  '12345\n',
  long,
  123456,
  true,
  [],
  ['123456'],
  {},
  { $gt: '' },
  { __op: 'Delete' },
  'A'.repeat(29),
  'A'.repeat(31),
  'Ａ'.repeat(29),
  `${'A'.repeat(29)}-`,
  `${'A'.repeat(29)}.`,
  JSON.parse('{"__proto__":{"token":"123456"}}'),
];

describe('whatever is sent', () => {
  it('malformed values of mfa are answered by our table with a 4xx, and are not stored', async () => {
    const { person } = await enrolled();
    const [owner, fresh] = [await withMobile(), await rig.signUp()];
    const before = [await rig.stored(person), await rig.stored(owner), await rig.stored(fresh)];
    const payloads = BAD.flatMap((bad) => [
      bad,
      { token: bad },
      { code: bad },
      { secret: bad, token: '123456' },
      { secret: SECRET, token: bad },
      { mobile: bad },
      { mobile: bad, token: '123456' },
      { old: bad, secret: SECRET, token: '123456' },
      { token: '123456', extra: bad },
    ]);
    const ask = (mfa: unknown): Promise<Answer[]> => Promise.all([fresh, person].map((who) => rig.save(who, mfa)));
    const logIn = (mfa: unknown): Promise<Answer[]> => Promise.all([owner, person].map((who) => rig.logIn(who, mfa)));
    for (const mfa of payloads) {
      const isAnswer = Object.keys(Object(mfa) as object).length <= 1;
      for (const answer of [...(await ask(mfa)), ...(isAnswer ? await logIn(mfa) : [])]) {
        expect([mfa, answer.status < 500]).toEqual([mfa, true]);
        expect([mfa, answer.status]).not.toEqual([mfa, 200]);
        if (!/^(?:schema mismatch|authData|Missing additional|This authentication)/i.test(String(answer.body['error'])))
          expect([mfa, Object.keys(FACTOR_ERRORS)]).toEqual([mfa, expect.arrayContaining([slug(answer)])]);
      }
      pass(HOUR);
    }
    expect([await rig.stored(person), await rig.stored(owner), await rig.stored(fresh)]).toEqual(before);
  }, 180_000);
});

describe('other ways in', () => {
  it('GraphQL logs in, sets up and removes mfa with the same answers', async () => {
    const person = await rig.signUp();
    const update = `mutation ($id: ID!, $mfa: Object) { updateUser(input: { id: $id, fields: { authData: $mfa } }) { clientMutationId } }`;
    const { username, password, session, id } = person;
    const save = (mfa: unknown) => rig.graphql(update, { id, mfa: { mfa } }, session);
    expect((await save({ secret: SECRET, token: totp(SECRET) }))['errors']).toBeUndefined();
    expect(await rig.stored(person)).toMatchObject({ sealed: expect.any(String) });
    pass(10 * MINUTE);
    expect(JSON.stringify(await save(null))).toContain('fresh_proof_required');
    const token = totp(SECRET);
    const ask = (mfa: unknown) => rig.graphql(LOG_IN, { input: { username, password, authData: { mfa } } });
    expect((await ask({ token }))['data'].logIn.viewer.sessionToken).toEqual(expect.any(String));
    expect(JSON.stringify(await ask({ token }))).toContain('Invalid MFA token');
  });

  it('a batch opens one session with one token, and asks for one code', async () => {
    const { person } = await enrolled();
    const owner = await withMobile();
    const before = rig.sms.length;
    const login = ({ username, password }: Person, token: string): object => ({
      method: 'POST',
      path: '/parse/login',
      body: { username, password, authData: { mfa: { token } } },
    });
    const token = totp(SECRET);
    const requests = [
      ...Array.from({ length: 5 }, () => login(person, token)),
      ...Array.from({ length: 5 }, () => login(owner, 'request')),
    ];
    const { body } = await rig.call('POST', '/batch', { requests });
    const replies = Object.values(body) as readonly { success?: { sessionToken?: string } }[];
    expect(replies.filter(({ success }) => success?.sessionToken !== undefined)).toHaveLength(1);
    expect(rig.sms.length - before).toBe(1);
  });

  it('a challenge sends a code of mfa as for every other factor', async () => {
    const { username, password, ...owner } = await withMobile();
    const { body } = await rig.call('POST', '/challenge', { username, password, challengeData: { mfa: true } });
    expect(body['challengeData'].mfa).toMatchObject({ status: 'sent', destination: '•••• 4567' });
    expect((await rig.logIn({ username, password, ...owner }, rig.lastToken())).status).toBe(200);
    const { person } = await enrolled();
    const asked = { username: person.username, password: person.password, challengeData: { mfa: true } };
    expect((await rig.call('POST', '/challenge', asked)).body['challengeData'].mfa).toEqual({ status: 'enabled' });
  });
});
