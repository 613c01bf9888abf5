// @compat
import { randomUUID } from 'node:crypto';
import { composeFactors, generateKey, MemoryOtpStore } from '@parse-factors/core';
import type { AllowContext } from '@parse-factors/core/factor';
import { EmailOtpFactor } from '@parse-factors/email-otp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { storedFactors, storeFactor, storeFactors } from '../support/rows.js';

let own: Stage;
afterEach(() => own.stop());

const newAddress = (): string => `${randomUUID()}@example.com`;
const ask = (email: string): Promise<Answer> => own.challenge({ challengeData: { emailLogin: { email } } });
const use = (id: string, code: string, others: object = {}): Promise<Answer> =>
  own.call('POST', '/users', { authData: { emailLogin: { id, code }, ...others } });

async function codeFor(email: string): Promise<string> {
  own.time.now += MINUTE;
  expect((await ask(email)).status).toBe(200);
  await vi.waitFor(() => expect(own.mail.messages.at(-1)?.to).toBe(email));
  return own.lastCode(own.mail);
}
const wrong = (code: string): string => (code === '000000' ? '000001' : '000000');

describe('a code by e-mail alone', () => {
  it('where sign-up is off, the reply does not tell who may sign in', async () => {
    own = await startStage({ install: true, emailLogin: { signUp: false } });
    const known = newAddress();
    const account = { username: 'ann', password: 'x', authData: { emailLogin: { id: known } } };
    const provided = await own.call('POST', '/users', account, MASTER);
    expect(provided.status).toBe(201);
    const unknown = newAddress();
    const replies = [await ask(known), await ask(unknown)];
    // What was sent comes back in either: the address, and its mask.
    const asked = /"destination":".•••@|"id":"[^"]+"/g;
    const withoutMask = ({ status, body }: Answer): unknown => [status, JSON.stringify(body).replaceAll(asked, '')];
    expect(withoutMask(replies[1] as Answer)).toEqual(withoutMask(replies[0] as Answer));
    expect(own.mail.messages.map(({ to }) => to)).toEqual([known]);
    const code = own.lastCode(own.mail);
    expect(await use(unknown, code)).toEqual(await use(known, wrong(code)));
    expect(await use(known, code)).toMatchObject({ status: 200, body: { objectId: provided.body['objectId'] } });
    expect([slug(await ask(known)), slug(await ask(unknown))]).toEqual(['cooldown', 'cooldown']);
    // The master key says whose an address is, in its one form.
    const bad = { username: 'bob', password: 'x', authData: { emailLogin: { id: unknown.toUpperCase() } } };
    expect(slug(await own.call('POST', '/users', bad, MASTER))).toBe('invalid_input');
    const bob = await own.signUp();
    const moved = await own.call('PUT', `/users/${bob.id}`, { authData: { emailLogin: { id: unknown } } }, MASTER);
    expect(moved.status).toBe(200);
    expect((await use(unknown, await codeFor(unknown))).body['objectId']).toBe(bob.id);
  });

  it('passwordless sign-in needs a second factor of another adapter, for which Parse Server does not ask here', async () => {
    const mfa = { options: ['TOTP'], digits: 6, period: 30, algorithm: 'SHA1' };
    own = await startStage({ install: true, server: { auth: { mfa } } });
    const email = newAddress();
    const { body } = await use(email, await codeFor(email));
    const record = { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', recovery: ['a'.repeat(16)] };
    await storeFactor(own, { id: String(body['objectId']) }, 'mfa', record);
    const code = await codeFor(email);
    expect((await use(email, code)).body['error']).toBe('factor_required: Also required: mfa.');
    expect((await use(email, code, { mfa: { token: '000000' } })).status).toBe(400);
    expect((await use(email, code, { mfa: { token: 'a'.repeat(16) } })).status).toBe(200);
  });

  it('a user who needs a second factor sets one up in the same step, and strangers learn nothing', async () => {
    own = await startStage({ install: true, compose: { enrolment: { requiredFor: 'everybody' } } });
    const email = newAddress();
    expect((await use(email, await codeFor(email))).status).toBe(201);
    const code = await codeFor(email);
    expect(await use(email, 'abcdef')).toEqual(await use(newAddress(), 'abcdef'));
    expect(await use(email, wrong(code))).toEqual(await use(newAddress(), wrong(code)));
    expect(slug(await use(email, code))).toBe('enrolment_required');
    const asked = await own.challenge({ authData: { emailLogin: { id: email, code } }, challengeData: { totp: true } });
    const { secret } = asked.body['challengeData'].totp as { secret: string };
    expect((await use(email, code, { totp: own.totp(secret) })).status).toBe(200);
    expect(slug(await use(email, await codeFor(email)))).toBe('factor_required');
  });

  it('ids that another adapter has stored bare are adopted and sealed', async () => {
    own = await startStage({ install: true, emailLogin: { adoptIdsBefore: Date.now() + 60_000 } });
    const person = await own.signUp();
    const email = newAddress();
    const id = email.replace('@example', '@Example');
    await storeFactors(own, person, { emailLogin: { id, email: id, otp: '123456' } });
    expect((await use(id, await codeFor(email))).body).toMatchObject({ objectId: person.id });
    const kept = async (): Promise<object> => (await storedFactors(own, person))['emailLogin'] ?? {};
    // As Parse Server looks for it.
    expect(await kept()).toEqual({ id, sealed: expect.any(String) });
    expect((await use(id, await codeFor(email))).body['objectId']).toBe(person.id);
  });

  it('a code is sent only where the application allows it', async () => {
    const asked: unknown[] = [];
    const allow = (destination: string, { purpose, headers }: AllowContext): boolean => {
      asked.push([destination, purpose, headers['x-captcha']]);
      return headers['x-captcha'] === 'solved';
    };
    own = await startStage({ install: true, emailLogin: { allow }, mail: { allow } });
    const email = newAddress();
    const body = { challengeData: { emailLogin: { email: email.toUpperCase() } } };
    expect(slug(await own.challenge(body))).toBe('address_refused');
    expect((await own.challenge(body, { 'X-Captcha': 'solved' })).status).toBe(200);
    const person = await own.signUp();
    expect(slug(await own.challenge({ challengeData: { email: { email } } }, person.session))).toBe('address_refused');
    expect(asked).toEqual([
      [email, 'sign-in', undefined],
      [email, 'sign-in', 'solved'],
      [email, 'enrolment', undefined],
    ]);
    expect(own.mail.messages).toHaveLength(1);
  });

  it('a code is void where no channel accepts it', async () => {
    let send = async (): Promise<void> => undefined;
    own = await startStage({ install: true, emailLogin: { channel: () => send(), deliveryTimeoutMs: 50 } });
    const codes: string[] = [];
    const ways: (() => Promise<void>)[] = [
      () => new Promise(() => undefined),
      () => {
        throw new Error('at once');
      },
      () => Promise.reject(Object.assign(new Error('throttled'), { code: 429 })),
    ];
    for (const way of ways) {
      send = way;
      const email = newAddress();
      expect(slug(await ask(email))).toBe('delivery_failed');
      expect(slug(await use(email, codes.at(-1) ?? '000000'))).toBe('code_rejected');
    }
    expect((await own.rows.find('FactorState')).filter(({ digest }) => Boolean(digest))).toEqual([]);
  });

  it('codes keep to the limits of an IP address and to the budget', async () => {
    own = await startStage({ install: true, emailLogin: { maxSendsPerIp: 5, budget: { limit: 7, windowMs: MINUTE } } });
    for (let send = 0; send < 5; send += 1) expect((await ask(newAddress())).status).toBe(200);
    expect(slug(await ask(newAddress()))).toBe('cooldown');
    own.time.now += 10 * MINUTE;
    for (let send = 0; send < 5; send += 1) expect((await ask(newAddress())).status).toBe(200);
    const sameAddress = newAddress();
    own.time.now += 10 * MINUTE;
    for (let send = 0; send < 4; send += 1) {
      expect((await ask(sameAddress)).status).toBe(200);
      own.time.now += MINUTE;
    }
    expect((await ask(sameAddress)).status).toBe(200);
    own.time.now += MINUTE;
    expect(slug(await ask(sameAddress))).toBe('cooldown');
  });
});

describe('while keys rotate', () => {
  it('a code of one server is valid on another that does or does not know the new key yet, and they share limits', async () => {
    const store = new MemoryOtpStore({ clock: () => own.time.now });
    own = await startStage({ compose: { store } });
    const newer = generateKey('test2');
    const composed = (keys: string): object =>
      composeFactors({
        keys,
        clock: () => own.time.now,
        store,
        notices: false,
        selfCheck: false,
        factors: { emailLogin: new EmailOtpFactor({ channel: own.mail, policy: 'default' }) },
      }).auth;
    const [before, after] = [composed(`${own.keys},${newer}`), composed(`${newer},${own.keys}`)];
    const serve = (auth: object): unknown => Object.assign(own.auth, auth);
    for (const [first, second] of [
      [before, after],
      [after, before],
    ] as const) {
      const email = newAddress();
      serve(first);
      const code = await codeFor(email);
      serve(second);
      expect(slug(await ask(email))).toBe('cooldown');
      expect(slug(await use(email, wrong(code)))).toBe('code_rejected');
      expect((await use(email, code)).status).toBe(201);
      serve(first);
      expect(slug(await use(email, code))).toBe('code_rejected');
    }
  });
});
