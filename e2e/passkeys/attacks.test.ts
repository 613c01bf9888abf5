// @slow
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { SoftAuthenticator, type Forgery } from '../support/soft-authenticator.js';
import { sessionHeaders } from '../support/requests.js';
import { DAY, HOUR, MINUTE } from '../support/time.js';
import { countRows, storedFactors } from '../support/rows.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startPasskeyStage();
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

/** A user with a passkey, or with one that has a counter. */
async function enrolled(counter?: number): Promise<{ user: PasskeyUser; passkey: SoftAuthenticator }> {
  const user = new PasskeyUser(stage, await stage.signUp());
  return { user, passkey: await user.add(new SoftAuthenticator(ORIGIN, counter)) };
}

const alone = (id: string, credential: string, more: object = {}): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { passkey: { id, credential }, ...more } });
const opened = (answers: readonly Answer[]): number => answers.filter(({ body }) => body['sessionToken'] !== undefined).length;
const times = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

const FORGERIES: readonly (readonly [string, Forgery])[] = [
  ['another origin', { origin: 'https://evil.example' }],
  ['a subdomain that is not named', { origin: 'https://evil.acme.example' }],
  ['plain http', { origin: 'http://acme.example' }],
  ['another port', { origin: 'https://acme.example:8443' }],
  ['another domain’s key', { rpId: 'evil.example' }],
  ['the type of a registration', { type: 'webauthn.create' }],
  ['a frame of another site', { crossOrigin: true }],
  ['a challenge of its own', { challenge: Buffer.from('x'.repeat(90)).toString('base64url') }],
  ['the user not present', { userPresent: false }],
  ['another user’s handle', { userHandle: Buffer.from('someone').toString('base64url') }],
  ['a credential that is not known', { id: Buffer.from('unknown').toString('base64url') }],
  ['a key that has become copyable', { backupEligible: true }],
];

describe('an answer with', () => {
  it.each(FORGERIES)("a passkey's answer with %s is refused, as a second factor and alone", async (_what, forgery) => {
    const { user, passkey } = await enrolled();
    expect(slug(await user.logIn(passkey, forgery))).toBe('code_rejected');
    expect(slug(await user.logInAlone(passkey, forgery))).toBe('code_rejected');
    expect((await user.logIn(passkey)).status).toBe(200);
  });

  it("a passkey's answer with a signature by another key is refused", async () => {
    const { user, passkey } = await enrolled();
    const other = new SoftAuthenticator(ORIGIN);
    other.handle = passkey.handle;
    expect(slug(await user.logIn(other, { id: passkey.id }))).toBe('code_rejected');
    expect(slug(await user.logInAlone(other, { id: passkey.id }))).toBe('code_rejected');
  });

  it("a passkey's answer without user verification is refused alone, and accepted as a second factor", async () => {
    const { user, passkey } = await enrolled();
    expect(slug(await user.logInAlone(passkey, { userVerified: false }))).toBe('code_rejected');
    expect((await user.logIn(passkey, { userVerified: false })).status).toBe(200);
  });

  it("a passkey's answer without a user handle is refused alone", async () => {
    const { user, passkey } = await enrolled();
    expect(slug(await user.logInAlone(passkey, { userHandle: undefined }))).toBe('code_rejected');
  });

  it.each(FORGERIES.filter(([, { userHandle, id, backupEligible }]) => !userHandle && !id && !backupEligible))(
    'a registration with %s sets nothing up',
    async (_what, forgery) => {
      const user = new PasskeyUser(stage, await stage.signUp());
      const wrongType = forgery.type === undefined ? forgery : { type: 'webauthn.get' };
      const credential = new SoftAuthenticator(ORIGIN).create(await user.begin(), wrongType);
      expect(slug(await user.save({ credential }))).toBe('code_rejected');
      expect((await stage.logIn(user.person)).status).toBe(200);
    },
  );

  it('a registration without user verification sets nothing up where passkeys may sign in alone', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    const credential = new SoftAuthenticator(ORIGIN).create(await user.begin(), { userVerified: false });
    expect(slug(await user.save({ credential }))).toBe('code_rejected');
  });
});

describe('a challenge', () => {
  it("a passkey's challenge expires", async () => {
    const { user, passkey } = await enrolled();
    const [second, first] = [await user.beginLogin(), await user.beginAlone()];
    const begun = await user.begin({ purpose: 'enrolment' });
    stage.time.now += 5 * MINUTE;
    expect(slug(await stage.logIn(user.person, { passkey: { credential: passkey.get(second) } }))).toBe('code_expired');
    expect(slug(await alone(passkey.handle, passkey.get(first)))).toBe('code_rejected');
    const late = new SoftAuthenticator(ORIGIN).create(begun);
    expect(slug(await user.save({ credential: late }))).toBe('fresh_proof_required');
  });

  it('a used passkey challenge stays used, even when the clock is set back', async () => {
    const { user, passkey } = await enrolled();
    const credential = passkey.get(await user.beginAlone());
    expect((await alone(passkey.handle, credential)).status).toBe(200);
    stage.time.now += 10 * MINUTE;
    await stage.factors.prune({ config: (globalThis as unknown as { Parse: { Server: never } }).Parse.Server });
    stage.time.now -= 10 * MINUTE;
    expect(slug(await alone(passkey.handle, credential))).toBe('code_rejected');
  });

  it("a passkey's challenge is valid only for the purpose that it was made for", async () => {
    const { user, passkey } = await enrolled();
    const [login, first, proof] = [
      await user.beginLogin(),
      await user.beginAlone(),
      await user.begin({ purpose: 'fresh-proof' }),
    ];
    const asSecond = (options: string): Promise<Answer> =>
      stage.logIn(user.person, { passkey: { credential: passkey.get(options) } });
    for (const options of [first, proof]) expect(slug(await asSecond(options))).toBe('code_rejected');
    for (const options of [login, proof]) expect(slug(await alone(passkey.handle, passkey.get(options)))).toBe('code_rejected');
    for (const options of [login, first])
      expect(slug(await user.save({ credential: passkey.get(options) }))).toBe('code_rejected');
    expect((await asSecond(login)).status).toBe(200);
    expect((await alone(passkey.handle, passkey.get(first))).status).toBe(200);
    expect((await user.save({ credential: passkey.get(proof) })).status).toBe(200);
  });

  it("a passkey's challenge is valid for no other user, and no other session of the same user", async () => {
    const [ann, ben] = [await enrolled(), await enrolled()];
    const forAnn = await ann.user.beginLogin();
    expect(slug(await stage.logIn(ben.user.person, { passkey: { credential: ben.passkey.get(forAnn) } }))).toBe('code_rejected');
    const proof = await ann.user.begin({ purpose: 'fresh-proof' });
    const login = await ann.user.logIn(ann.passkey);
    const other = { ...ann.user.person, session: sessionHeaders(login) };
    const stolen = await stage.save(other, { passkey: { credential: ann.passkey.get(proof) } });
    expect(slug(stolen)).toBe('code_rejected');
    expect((await ann.user.prove(ann.passkey)).status).toBe(200);
    const begun = await ann.user.begin({ purpose: 'enrolment' });
    const made = new SoftAuthenticator(ORIGIN).create(begun);
    expect((await new PasskeyUser(stage, other).prove(ann.passkey)).status).toBe(200);
    expect(slug(await stage.save(other, { passkey: { credential: made } }))).toBe('code_rejected');
  });

  it('20 answers to one passkey challenge open one session, alone and as a second factor, one by one and in a batch', async () => {
    const { user, passkey } = await enrolled();
    const first = passkey.get(await user.beginAlone());
    expect(opened(await times(20, () => alone(passkey.handle, first)))).toBe(1);
    const second = passkey.get(await user.beginLogin());
    expect(opened(await times(20, () => stage.logIn(user.person, { passkey: { credential: second } })))).toBe(1);
    const third = passkey.get(await user.beginAlone());
    const body = { authData: { passkey: { id: passkey.handle, credential: third } } };
    const requests = Array.from({ length: 10 }, () => ({ method: 'POST', path: '/parse/users', body }));
    const batch = await stage.call('POST', '/batch', { requests });
    const results = batch.body as unknown as readonly { success?: { sessionToken?: string } }[];
    expect(results.filter(({ success }) => success?.sessionToken !== undefined)).toHaveLength(1);
  });

  it("a passkey's challenge stores nothing", async () => {
    const { user } = await enrolled();
    const before = await countRows(stage, 'FactorState');
    await times(20, () => user.beginAlone());
    expect(await countRows(stage, 'FactorState')).toBe(before);
  });
});

describe('a signature counter', () => {
  it('a signature counter that goes back or stands still is refused, and the application is told', async () => {
    const { user, passkey } = await enrolled(5);
    expect((await user.logIn(passkey)).status).toBe(200);
    for (const counter of [6, 5, 1, 0]) {
      expect(slug(await user.logIn(passkey, { counter }))).toBe('code_rejected');
      expect(slug(await user.logInAlone(passkey, { counter }))).toBe('code_rejected');
    }
    expect(stage.events.filter(({ reason }) => reason === 'counter_went_back')).toHaveLength(8);
    passkey.counter = 20;
    expect((await user.logInAlone(passkey)).status).toBe(200);
  });

  it('one of two copies of a passkey that are used at the same moment is accepted', async () => {
    const { user, passkey } = await enrolled(5);
    const challenges = await times(10, () => user.beginAlone());
    const answers = await Promise.all(challenges.map((options) => alone(passkey.handle, passkey.get(options, { counter: 9 }))));
    expect(opened(answers)).toBe(1);
  });
});

describe('a stranger who knows a user handle', () => {
  it('a stranger who knows a user handle locks no user out of the passkey or another factor', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    const secret = await stage.enrolTotp(user.person);
    stage.time.now += MINUTE;
    const passkey = await user.add();
    const garbage = new SoftAuthenticator(ORIGIN);
    garbage.handle = passkey.handle;
    const own = await new PasskeyUser(stage, await stage.signUp()).beginAlone();
    const answers = await times(30, () => alone(passkey.handle, garbage.get(own, { id: passkey.id }), { totp: '000000' }));
    expect(new Set(answers.map(slug))).toEqual(new Set(['code_rejected']));
    const second = await times(15, () => alone(passkey.handle, garbage.get(own)));
    expect(new Set(second.map(slug))).toEqual(new Set(['code_rejected']));
    stage.time.now += MINUTE;
    expect((await stage.logIn(user.person, { totp: stage.totp(secret) })).status).toBe(200);
    expect((await user.logIn(passkey)).status).toBe(200);
  });

  it('a stranger who knows a user handle signs no user up with it, joins it to no account, and learns nothing about it', async () => {
    const { passkey } = await enrolled();
    const mallory = new PasskeyUser(stage, await stage.signUp());
    const credential = passkey.get(await mallory.beginLogin().catch(() => mallory.beginAlone()));
    const broken = credential.replace(/"signature":"..../, '"signature":"AAAA');
    const payload = { passkey: { id: passkey.handle, credential: broken } };
    expect(slug(await stage.call('POST', '/users', { username: 'new', password: 'new', authData: payload }))).toBe(
      'code_rejected',
    );
    const unknown = { passkey: { id: 'x'.repeat(43), credential: broken } };
    expect(slug(await stage.call('POST', '/users', { authData: unknown }))).toBe('code_rejected');
    const { username, password } = mallory.person;
    expect((await stage.call('POST', '/login', { username, password, authData: payload })).status).toBe(400);
    for (const body of [payload, { ...payload, totp: '000000' }, { passkey: { id: passkey.handle } }]) {
      expect((await stage.save(mallory.person, body)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await storedFactors(stage, mallory.person))['passkey']).toBe(undefined);
  });

  it('a stranger who sends garbage gets the same reply for a known and an unknown user handle', async () => {
    const { passkey } = await enrolled();
    for (const credential of [
      '{',
      '{}',
      'garbage',
      new SoftAuthenticator(ORIGIN).get(await new PasskeyUser(stage, await stage.signUp()).beginAlone()),
    ]) {
      const [known, unknown] = [await alone(passkey.handle, credential), await alone('x'.repeat(43), credential)];
      expect(known).toEqual(unknown);
    }
  });

  it("a stranger with a session of their own learns nothing about the owner's passkeys", async () => {
    const { user, passkey } = await enrolled();
    await stage.enrolPhone(user.person);
    const bare = await enrolled();
    const mallory = await stage.signUp();
    for (const beside of [{ otp: '000000' }, { email: '000000' }, { emailLogin: { code: '000000' } }, { totp: '000000' }]) {
      const answers = [passkey, bare.passkey].map(({ handle }) =>
        stage.save(mallory, { passkey: { id: handle, credential: '{}' }, ...beside }),
      );
      const [one, other] = await Promise.all(answers);
      expect([one?.status, slug(one ?? { status: 0, body: {} })]).toEqual([400, 'invalid_input']);
      expect(one).toEqual(other);
    }
  });

  it('no other factor is judged beside a passkey answer that was used or that a copy has given', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    const secret = await stage.enrolTotp(user.person);
    stage.time.now += MINUTE;
    const passkey = await user.add(new SoftAuthenticator(ORIGIN, 5));
    expect((await user.prove(passkey)).status).toBe(200);
    await stage.enrolPhone(user.person, '+15551239999');
    const used = passkey.get(await user.beginAlone());
    expect((await alone(passkey.handle, used)).status).toBe(200);
    const copied = passkey.get(await user.beginAlone(), { counter: 6 });
    stage.sms.messages.length = 0;
    for (const credential of [used, copied]) {
      const authData = { passkey: { id: passkey.handle, credential } };
      for (const otp of [true, { show: 'status' }])
        expect((await stage.challenge({ authData, challengeData: { otp } })).status).toBe(404);
      const answers = await times(15, () => alone(passkey.handle, credential, { totp: '000000' }));
      expect(new Set(answers.map(slug))).toEqual(new Set(['code_rejected']));
    }
    expect(stage.sms.messages).toHaveLength(0);
    stage.time.now += MINUTE;
    expect((await stage.logIn(user.person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('a passkey answer does not get another factor challenged', async () => {
    const { user, passkey } = await enrolled();
    await stage.enrolPhone(user.person);
    stage.sms.messages.length = 0;
    const ask = (credential: string): Promise<Answer> =>
      stage.challenge({ authData: { passkey: { id: passkey.handle, credential } }, challengeData: { otp: true } });
    const garbage = new SoftAuthenticator(ORIGIN);
    garbage.handle = passkey.handle;
    expect((await ask(garbage.get(await user.beginAlone(), { id: passkey.id }))).status).toBe(404);
    expect(stage.sms.messages).toHaveLength(0);
    const right = passkey.get(await user.beginAlone());
    stage.time.now += MINUTE;
    expect((await ask(right)).status).toBe(200);
    expect((await alone(passkey.handle, right, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
  });
});

describe('a stolen session', () => {
  it('a stolen session adds, removes and renames no passkey without a fresh proof', async () => {
    const { user, passkey } = await enrolled();
    const second = await user.add();
    stage.time.now += 10 * MINUTE;
    expect(slug(await user.save({ remove: second.id }))).toBe('fresh_proof_required');
    expect(slug(await user.save(null))).toBe('fresh_proof_required');
    expect(
      slug(await user.save({ credential: new SoftAuthenticator(ORIGIN).create(await user.begin(true).catch(() => '{}')) })),
    ).toBe('fresh_proof_required');
    await expect(user.begin({ purpose: 'enrolment' })).rejects.toThrow('fresh_proof_required');
    expect((await user.logIn(passkey)).status).toBe(200);
    expect((await user.logIn(second)).status).toBe(200);
  });

  it('a stolen session joins no passkey to a passwordless account without a fresh proof', async () => {
    const email = 'alone@example.com';
    const code = async (): Promise<string> => {
      stage.time.now += 2 * MINUTE;
      await stage.challenge({ challengeData: { emailLogin: { email } } });
      return stage.lastCode(stage.mail);
    };
    const { body } = await stage.call('POST', '/users', { authData: { emailLogin: { id: email, code: await code() } } });
    const session = sessionHeaders({ body });
    const user = new PasskeyUser(stage, { id: String(body['objectId']), username: '', password: '', session });
    stage.time.now += HOUR;
    await expect(user.begin()).rejects.toThrow('fresh_proof_required');
    await stage.challenge({ challengeData: { emailLogin: true } }, session);
    expect((await stage.save(user.person, { emailLogin: { code: stage.lastCode(stage.mail) } })).status).toBe(200);
    const passkey = await user.add();
    expect((await user.logInAlone(passkey)).status).toBe(200);
  });

  it('a session does not stay fresh by a passkey that a batch has taken back', async () => {
    const { user, passkey } = await enrolled();
    stage.time.now += 10 * MINUTE;
    expect((await user.prove(passkey)).status).toBe(200);
    stage.time.now += 4 * MINUTE;
    const credential = new SoftAuthenticator(ORIGIN).create(await user.begin({ purpose: 'enrolment' }));
    const put = { method: 'PUT', path: `/parse/users/${user.person.id}`, body: { authData: { passkey: { credential } } } };
    const failing = { method: 'POST', path: '/parse/users', body: { username: user.person.username, password: 'x' } };
    await stage.call('POST', '/batch', { transaction: true, requests: [put, failing] }, user.person.session);
    const { body } = await stage.call('GET', '/users/me', undefined, user.person.session);
    expect(JSON.parse(body['authData'].passkey.passkeys as string)).toHaveLength(1);
    stage.time.now += 4 * MINUTE;
    expect(slug(await stage.call('POST', '/functions/sensitive', {}, user.person.session))).toBe('fresh_proof_required');
  });

  it('one proof allows a session to remove one passkey', async () => {
    const { user, passkey } = await enrolled();
    const others = [await user.add(), await user.add(), await user.add()];
    stage.time.now += 10 * MINUTE;
    expect((await user.prove(passkey)).status).toBe(200);
    const answers = await Promise.all(others.map(({ id }) => user.save({ remove: id })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('passkeys of one user', () => {
  it('passkeys that are added at the same moment are all kept, up to ten', async () => {
    const { user, passkey } = await enrolled();
    expect((await user.prove(passkey)).status).toBe(200);
    const begun = await times(9, () => user.begin({ purpose: 'enrolment' }));
    const [last = '', ...others] = begun.map((options) => new SoftAuthenticator(ORIGIN).create(options));
    const answers = await Promise.all(others.map((credential) => user.save({ credential })));
    expect(answers.map(({ status }) => status)).toEqual(others.map(() => 200));
    const spare = await user.begin({ purpose: 'enrolment' });
    expect((await user.save({ credential: last })).status).toBe(200);
    await expect(user.begin({ purpose: 'enrolment' })).rejects.toThrow('invalid_input');
    expect(slug(await user.save({ credential: new SoftAuthenticator(ORIGIN).create(spare) }))).toBe('invalid_input');
    expect((await user.logIn(passkey)).status).toBe(200);
  });

  it('passkeys that are added beside another factor are all kept, the first one too', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    await stage.enrolTotp(user.person);
    stage.time.now += MINUTE;
    const begun = await times(5, () => user.begin({ purpose: 'enrolment' }));
    const made = begun.map((options) => {
      const authenticator = new SoftAuthenticator(ORIGIN);
      return { authenticator, credential: authenticator.create(options) };
    });
    const answers = await Promise.all(made.map(({ credential }) => user.save({ credential })));
    const added = made.filter((_, index) => answers[index]?.status === 200);
    expect(added.length).toBeGreaterThan(0);
    for (const { authenticator } of added) expect((await user.logIn(authenticator)).status).toBe(200);
  });

  it('a passkey is not added twice', async () => {
    const { user, passkey } = await enrolled();
    expect(slug(await user.save({ credential: passkey.create(await user.begin({ purpose: 'enrolment' })) }))).toBe(
      'already_enrolled',
    );
  });

  it('ten wrong answers to passkeys lock them for a while, but not alone', async () => {
    const { user, passkey } = await enrolled();
    const stranger = new SoftAuthenticator(ORIGIN);
    const answers = await times(40, () => user.logIn(stranger));
    expect(answers.filter((answer) => slug(answer) === 'code_rejected').length).toBe(10);
    expect(slug(await user.logIn(passkey))).toBe('locked');
    expect((await user.logInAlone(passkey)).status).toBe(200);
    stage.time.now += 16 * MINUTE;
    expect((await user.logIn(passkey)).status).toBe(200);
  });
});

describe('malformed input', () => {
  const DEEP = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) as unknown;
  const PAYLOADS: readonly unknown[] = [
    'text',
    7,
    true,
    [],
    {},
    { credential: 7 },
    { credential: null },
    { credential: '' },
    { credential: '{' },
    { credential: '"text"' },
    { credential: 'x'.repeat(1_000_000) },
    { credential: {} },
    { credential: DEEP },
    { credential: { id: 'a', rawId: 'b', type: 'public-key', response: {} } },
    { credential: { id: 'a', rawId: 'a', type: 'password', response: {} } },
    { credential: { id: 'a', rawId: 'a', type: 'public-key', response: { clientDataJSON: '::', attestationObject: 'AA' } } },
    { credential: { id: 'a', rawId: 'a', type: 'public-key', response: { clientDataJSON: 'AAAA', attestationObject: 'AA' } } },
    { credential: { id: ['a'], rawId: ['a'], type: 'public-key', response: { clientDataJSON: 'e30' } } },
    { credential: '{}', more: '1' },
    { credential: '{}', name: '\u202e' },
    { remove: ['x'] },
    { remove: 'x', rename: 'x' },
    { rename: 'x' },
    { rename: 'x', name: 7 },
    { purpose: 'sign-in' },
    { id: 'x' },
    { id: { $ne: null }, credential: '{}' },
    { $ne: null },
    { __op: 'Delete' },
  ];

  it('malformed passkey input gets a 4xx of our table and changes nothing, on every path', async () => {
    const plain = new PasskeyUser(stage, await stage.signUp());
    const { user, passkey } = await enrolled();
    const { username, password } = user.person;
    for (const payload of PAYLOADS) {
      const answers = [
        await plain.save(payload),
        await user.save(payload),
        await stage.call('POST', '/login', { username, password, authData: { passkey: payload } }),
        await stage.call('POST', '/users', { authData: { passkey: payload } }),
        payload === true ? undefined : await stage.challenge({ challengeData: { passkey: payload } }),
        payload === true ? undefined : await stage.challenge({ challengeData: { passkey: payload } }, user.person.session),
        payload === true ? undefined : await stage.challenge({ username, password, challengeData: { passkey: payload } }),
      ];
      for (const answer of answers) {
        if (answer === undefined) continue;
        const shown = JSON.stringify(payload).slice(0, 80);
        expect([shown, answer.status >= 400 && answer.status < 500]).toEqual([shown, true]);
      }
    }
    stage.time.now += HOUR;
    expect((await user.logIn(passkey)).status).toBe(200);
    expect((await stage.logIn(plain.person)).status).toBe(200);
  });

  it('a malformed credential with a genuine challenge is refused', async () => {
    const { user } = await enrolled();
    const made = JSON.parse(new SoftAuthenticator(ORIGIN).create(await user.begin({ purpose: 'enrolment' }))) as {
      response: Record<string, string>;
    };
    for (const attestationObject of ['AA', 'oA', 'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA', 'A'.repeat(30_000)]) {
      stage.time.now += 1;
      const credential = { ...made, response: { ...made.response, attestationObject } };
      expect(slug(await user.save({ credential }))).toBe('code_rejected');
    }
  });
});
