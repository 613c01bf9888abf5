// @compat
import { randomUUID } from 'node:crypto';
import { twilioVerify } from '@parse-factors/channels/twilio-verify';
import { MemoryOtpStore, type ComposeOptions } from '@parse-factors/core';
import type { Verifier } from '@parse-factors/core/channel';
import { redisStore } from '@parse-factors/redis-store';
import { hasRedis, RedisServer } from '@parse-factors/test-server/redis';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { TwilioVerifyStandIn } from '@parse-factors/test-server/twilio-verify-stand-in';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { slug, type Stage } from '../support/harness.js';
import { sessionHeaders } from '../support/requests.js';
import { NEW } from '../support/reset-rig.js';
import { VerificationRig } from '../support/verification-rig.js';
import { DAY, MINUTE } from '../support/time.js';

/** A provider makes, sends and checks the codes. The rules of the factors stay. */

const REJECTION_MS = 150;

let people = 0;
const newPhone = (): string => `+1555333${1000 + (people += 1)}`;
const newEmail = (): string => `${randomUUID()}@example.com`;
const statuses = (answers: readonly Answer[]): number => answers.filter(({ status }) => status < 300).length;

/** Another code of six digits. */
const otherThan = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

/** Makes a store on a clock; undefined for the default one. */
type MakeStore = ((clock: () => number) => ComposeOptions['store']) | undefined;

class VerifierStage {
  readonly api = new TwilioVerifyStandIn();
  rig!: VerificationRig;

  async start(store?: MakeStore): Promise<void> {
    const { accountSid, authToken, serviceSid } = this.api;
    const baseUrl = await this.api.start();
    const time: { now?: () => number } = {};
    const clock = (): number => time.now?.() ?? Date.now();
    const channel: Verifier = twilioVerify({ accountSid, authToken, serviceSid, baseUrl, rejectionMs: REJECTION_MS });
    const many = { channel, maxSendsPerIp: 100_000 };
    const kept = store?.(clock);
    this.rig = await VerificationRig.start({
      sms: many,
      mail: many,
      emailLogin: { ...many, signUp: false },
      phoneLogin: many,
      compose: { maxAttemptsPerIp: 100_000, notices: false, ...(kept !== undefined && { store: kept }) },
    });
    time.now = () => this.stage.time.now;
    this.api.clock = clock;
  }

  get stage(): Stage {
    return this.rig.stage;
  }

  async stop(): Promise<void> {
    await this.stage.stop();
    this.api.stop();
  }

  /** A day later, with a provider that works. */
  begin(): void {
    this.stage.time.now += DAY;
    this.stage.events.length = 0;
    this.api.received.length = 0;
    this.api.isForgetful = false;
    this.api.fault = undefined;
  }

  /** Nothing was asked of the provider that it does not document. */
  end(): void {
    expect(this.api.mistakes).toEqual([]);
  }

  ask = (challengeData: object, person?: Pick<Person, 'session'>): Promise<Answer> =>
    this.stage.challenge({ challengeData }, person?.session);

  /** A user with a phone as second factor. */
  async enrolled(phone = newPhone()): Promise<Person & { readonly phone: string }> {
    const person = await this.stage.signUp();
    expect((await this.ask({ otp: { phone } }, person)).status).toBe(200);
    expect((await this.stage.save(person, { otp: { phone, code: this.api.codeOf(phone) } })).status).toBe(200);
    this.stage.time.now += 6 * MINUTE;
    return { ...person, phone };
  }

  /** Asks for a code to log in with. */
  async loginCode({ username, password, phone }: Person & { readonly phone: string }): Promise<string> {
    const asked = await this.stage.challenge({ username, password, challengeData: { otp: true } });
    expect(asked).toMatchObject({ status: 200, body: { challengeData: { otp: { status: 'sent' } } } });
    return this.api.codeOf(phone);
  }

  signIn = (id: string, code: string, others: object = {}): Promise<Answer> =>
    this.stage.call('POST', '/users', { authData: { phoneLogin: { id, code }, ...others } });
}

const redis = new RedisServer();
const clients: { destroy(): void }[] = [];
async function redisBackend(): Promise<MakeStore> {
  await redis.start();
  const client = createClient({ url: redis.url, disableOfflineQueue: true });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return (clock) => redisStore({ client, clock });
}

const BACKENDS: readonly (readonly [name: string, isThere: boolean, make: () => Promise<MakeStore>])[] = [
  ['the database', true, async () => undefined],
  ['memory', true, async () => (clock) => new MemoryOtpStore({ clock })],
  ['Redis', hasRedis(), redisBackend],
];

describe.each(BACKENDS)('codes of a provider, with a store in %s', (name, isThere, backend) => {
  describe.runIf(isThere)('over HTTP', () => {
    const verified = new VerifierStage();
    const { api } = verified;
    let stage: Stage;
    beforeAll(async () => {
      await verified.start(await backend());
      ({ stage } = verified);
    });
    afterAll(async () => {
      await verified.stop();
      for (const client of clients.splice(0)) client.destroy();
      if (name === 'Redis') await redis.remove();
    });
    beforeEach(() => verified.begin());
    afterEach(() => verified.end());

    it('enrol a phone, log in with it once, and prove a session', async () => {
      const person = await verified.enrolled();
      api.isForgetful = true;
      const code = await verified.loginCode(person);
      expect((await stage.logIn(person)).status).not.toBe(200);
      expect(slug(await stage.logIn(person, { otp: otherThan(code) }))).toBe('code_rejected');
      expect((await stage.logIn(person, { otp: code })).status).toBe(200);
      expect(slug(await stage.logIn(person, { otp: code }))).toBe('code_expired');
      expect((await verified.ask({ otp: true }, person)).status).toBe(200);
      const proof = await stage.save(person, { otp: api.codeOf(person.phone) });
      expect(proof.body['authDataResponse']).toMatchObject({ otp: { status: 'verified' } });
    });

    it('one of 20 parallel logins with the right code opens a session, though the provider approves each', async () => {
      const person = await verified.enrolled();
      api.isForgetful = true;
      const code = await verified.loginCode(person);
      const answers = await Promise.all(Array.from({ length: 20 }, () => stage.logIn(person, { otp: code })));
      expect(statuses(answers)).toBe(1);
    });

    it('no more guesses reach the provider than a code allows, and then the subject is locked', async () => {
      const person = await verified.enrolled();
      const code = await verified.loginCode(person);
      api.received.length = 0;
      await Promise.all(Array.from({ length: 30 }, () => stage.logIn(person, { otp: otherThan(code) })));
      expect(api.count('check')).toBe(5);
      expect(slug(await stage.logIn(person, { otp: code }))).toBe('locked');
      expect(api.count('check')).toBe(5);
    });

    it('sign up and in without a password; one of 20 parallel requests opens a session', async () => {
      const phone = newPhone();
      await verified.ask({ phoneLogin: { phone } });
      const code = api.codeOf(phone);
      const first = await Promise.all(Array.from({ length: 20 }, () => verified.signIn(phone, code)));
      expect(statuses(first)).toBe(1);
      stage.time.now += MINUTE;
      await verified.ask({ phoneLogin: { phone } });
      expect((await verified.signIn(phone, api.codeOf(phone))).status).toBe(200);
    });

    it('stay valid while a second factor is asked for, though the provider approves a code once', async () => {
      const phone = newPhone();
      await verified.ask({ phoneLogin: { phone } });
      const signedUp = await verified.signIn(phone, api.codeOf(phone));
      const person = { id: String(signedUp.body['objectId']), username: '', password: '', session: sessionHeaders(signedUp) };
      const secret = await stage.enrolTotp(person);
      stage.time.now += 6 * MINUTE;
      await verified.ask({ phoneLogin: { phone } });
      const code = api.codeOf(phone);
      api.received.length = 0;
      expect(slug(await verified.signIn(phone, code))).toBe('factor_required');
      expect(slug(await verified.signIn(phone, otherThan(code), { totp: stage.totp(secret) }))).toBe('code_rejected');
      expect((await verified.signIn(phone, code, { totp: stage.totp(secret) })).status).toBe(200);
      expect(api.count('check')).toBe(1);
      stage.time.now += MINUTE;
      expect(slug(await verified.signIn(phone, code, { totp: stage.totp(secret) }))).toBe('code_rejected');
    });

    it('reset a password, once', async () => {
      const { rig } = verified;
      const email = newEmail();
      const person = await rig.resets.withEmail(email);
      expect((await rig.resets.ask({ factor: 'emailLogin', email })).status).toBe(200);
      await rig.resets.settled();
      const code = api.codeOf(email);
      const reset = { factor: 'emailLogin', email, password: NEW };
      expect(slug(await rig.resets.set({ ...reset, code: otherThan(code) }))).toBe('code_rejected');
      expect((await rig.resets.set({ ...reset, code })).body).toEqual({ result: { status: 'reset' } });
      expect(slug(await rig.resets.set({ ...reset, code }))).toBe('code_rejected');
      expect(await rig.resets.opens(person, NEW)).toBe(true);
    });

    it('verify an address', async () => {
      const { rig } = verified;
      const email = newEmail();
      const person = await stage.signUp({ email });
      expect((await rig.ask({}, person)).status).toBe(200);
      await rig.resets.settled();
      const code = api.codeOf(email);
      expect((await rig.verify({ code }, person)).body).toMatchObject({ result: { status: 'verified' } });
      expect(await rig.fields(person, 'emailVerified')).toEqual({ emailVerified: true });
    });
  });
});

describe('attacks on codes of a provider', () => {
  const verified = new VerifierStage();
  const { api } = verified;
  let stage: Stage;
  beforeAll(async () => {
    await verified.start();
    ({ stage } = verified);
  });
  afterAll(() => verified.stop());
  beforeEach(() => verified.begin());
  afterEach(() => verified.end());

  it('a code for one address confirms no other, and reaches no provider', async () => {
    const [mallory, phone, other] = [await stage.signUp(), newPhone(), newPhone()];
    await verified.ask({ otp: { phone } }, mallory);
    expect(slug(await stage.save(mallory, { otp: { phone: other, code: api.codeOf(phone) } }))).toBe('code_expired');
    expect(api.count('check')).toBe(0);
    await verified.ask({ phoneLogin: { phone } });
    expect(slug(await verified.signIn(other, api.codeOf(phone)))).toBe('code_rejected');
    expect(api.count('check')).toBe(0);
  });

  it('the verification of one user is of no use to another', async () => {
    const [ann, mallory] = [await verified.enrolled(), await verified.enrolled()];
    const code = await verified.loginCode(ann);
    api.received.length = 0;
    expect(slug(await stage.logIn(mallory, { otp: code }))).toBe('code_expired');
    expect(api.count('check')).toBe(0);
    expect((await stage.logIn(ann, { otp: code })).status).toBe(200);
  });

  it('a code for one purpose serves no other, though the provider sends the same code for both', async () => {
    const person = await verified.enrolled();
    api.isForgetful = true;
    const code = await verified.loginCode(person);
    expect(slug(await stage.save(person, { otp: code }))).toBe('code_expired');
    expect((await verified.ask({ otp: true }, person)).status).toBe(200);
    expect(api.codeOf(person.phone)).toBe(code);
    expect(slug(await stage.logIn(person, { otp: code }))).toBe('code_expired');
    expect((await stage.save(person, { otp: code })).status).toBe(200);
    expect(slug(await stage.logIn(person, { otp: code }))).toBe('code_expired');
  });

  it('a stranger who asks for a code without a password does not disturb a login', async () => {
    const ann = await verified.enrolled();
    const code = await verified.loginCode(ann);
    expect(slug(await verified.ask({ phoneLogin: { phone: ann.phone } }))).toBe('cooldown');
    expect(slug(await verified.signIn(ann.phone, code))).toBe('code_rejected');
    expect((await stage.logIn(ann, { otp: code })).status).toBe(200);
  });

  it('a user who adds the number to their own account does not disturb a login of its owner', async () => {
    const [ann, mallory] = [await verified.enrolled(), await stage.signUp()];
    const code = await verified.loginCode(ann);
    expect(slug(await verified.ask({ otp: { phone: ann.phone } }, mallory))).toBe('cooldown');
    expect(slug(await stage.save(mallory, { otp: { phone: ann.phone, code } }))).toBe('code_expired');
    expect((await stage.logIn(ann, { otp: code })).status).toBe(200);
  });

  it('a right code is not looked for again once it was used, and its answer cannot be replayed', async () => {
    const person = await verified.enrolled();
    api.isForgetful = true;
    const code = await verified.loginCode(person);
    expect((await stage.logIn(person, { otp: code })).status).toBe(200);
    api.received.length = 0;
    for (let time = 0; time < 3; time += 1) expect(slug(await stage.logIn(person, { otp: code }))).toBe('code_expired');
    expect(api.count('check')).toBe(0);
  });

  it('twenty parallel asks start one verification', async () => {
    const person = await verified.enrolled();
    api.received.length = 0;
    const { username, password } = person;
    const ask = (): Promise<Answer> => stage.challenge({ username, password, challengeData: { otp: true } });
    const asked = await Promise.all(Array.from({ length: 20 }, ask));
    expect([statuses(asked), api.count('start')]).toEqual([1, 1]);
  });

  it.each([
    ['an error', { status: 503, body: 'secret words' }],
    ['a page', { status: 200, body: '<html>secret words' }],
    ['a broken connection', 'reset'],
  ] as const)('a provider that answers with %s opens no session, and burns no code', async (_what, fault) => {
    const person = await verified.enrolled();
    const code = await verified.loginCode(person);
    api.fault = fault;
    expect(slug(await stage.logIn(person, { otp: code }))).toBe('unavailable');
    api.fault = undefined;
    expect(stage.events.at(-1)).toMatchObject({ type: 'fault', reason: expect.stringMatching(/^\w{3,40}$/) });
    expect(JSON.stringify(stage.events)).not.toMatch(/secret words|\+1555/);
    expect((await stage.logIn(person, { otp: code })).status).toBe(200);
  });

  it('a payment is not confirmed by a code of a provider, whose message does not show it', async () => {
    cloudCode().Cloud.define('pay', async (request) =>
      stage.factors.challengePayment(request, { factor: 'otp', details: { amount: '1 EUR', payee: 'ACME' } }),
    );
    const person = await verified.enrolled();
    api.received.length = 0;
    expect(slug(await stage.call('POST', '/functions/pay', {}, person.session))).toBe('invalid_input');
    expect(api.received).toEqual([]);
  });

  it('a provider that starts nothing leaves no code', async () => {
    const person = await verified.enrolled();
    api.fault = { status: 500, body: '{}' };
    const { username, password } = person;
    expect(slug(await stage.challenge({ username, password, challengeData: { otp: true } }))).toBe('delivery_failed');
    api.fault = undefined;
    api.received.length = 0;
    expect(slug(await stage.logIn(person, { otp: '123456' }))).toBe('code_expired');
    expect(api.count('check')).toBe(0);
  });

  it("the provider's own limit is told as a cooldown", async () => {
    const phone = newPhone();
    const asked: string[] = [];
    for (let time = 0; time < 6; time += 1) {
      asked.push(slug(await verified.ask({ phoneLogin: { phone } })));
      stage.time.now += MINUTE;
      if (time === 2) await stage.signUp().then((person) => verified.ask({ otp: { phone } }, person));
    }
    expect(asked.at(-1)).toBe('cooldown');
    expect(api.count('start')).toBeGreaterThan(5);
  });

  it('a wrong code takes as long, and says the same, whether an address has an account or not', async () => {
    const email = newEmail();
    const known = await stage.signUp();
    await verified.ask({ emailLogin: { email } }, known);
    expect((await stage.save(known, { emailLogin: { id: email, code: api.codeOf(email) } })).status).toBe(200);
    stage.time.now += DAY;
    const guess = async (id: string): Promise<[object, number]> => {
      const asked = await verified.ask({ emailLogin: { email: id } });
      await verified.rig.resets.settled(); // a known address gets its code after the reply
      const begun = performance.now();
      const answer = await stage.call('POST', '/users', { authData: { emailLogin: { id, code: '000000' } } });
      return [{ asked: Object.keys(asked.body), answer }, performance.now() - begun];
    };
    const [[one, ownTime], [other, otherTime]] = [await guess(email), await guess(newEmail())];
    expect(one).toEqual(other);
    expect(slug((one as { answer: Answer }).answer)).toBe('code_rejected');
    expect(Math.min(ownTime, otherTime)).toBeGreaterThanOrEqual(REJECTION_MS - 1);
    expect(api.received.filter(({ to }) => to === 'check')).toHaveLength(2); // the enrolment's, and the known address's
    api.fault = { status: 503, body: '' };
    expect((await guess(email))[0]).toMatchObject({ answer: (one as { answer: Answer }).answer });
  });
});
