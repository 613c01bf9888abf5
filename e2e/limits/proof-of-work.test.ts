// @compat
import { createHash, randomUUID } from 'node:crypto';
import { proofOfWork as clientChecks, solveProofOfWork } from '@parse-factors/client/proof-of-work';
import { proofOfWork } from '@parse-factors/core';
import { FieldsFactor, isoDate } from '@parse-factors/fields';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newApp } from '../support/client-stage.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { CHALLENGE, MASTER } from '../support/requests.js';
import { ResetRig } from '../support/reset-rig.js';
import { countRows } from '../support/rows.js';
import { DAY, MINUTE } from '../support/time.js';

/** A proof of work before a message: what it lets through, and what not. */

const HEADER = 'X-Parse-Factors-Proof';
const allow = proofOfWork({ bits: 8, maxBits: 12, challengesPerNetwork: 20 });
const newAddress = (): string => `${randomUUID()}@example.com`;
const from = (ip: string): Record<string, string> => ({ 'X-Forwarded-For': ip });

let stage: Stage;
let networks = 0;
/** A network that nothing was counted for. */
const newIp = (): string => `10.${(networks += 1)}.1.1`;

interface Work {
  readonly challenge: string;
  readonly bits: string;
  readonly expiresAt: string;
  readonly header: string;
}
const request = (factor: unknown, headers = {}): Promise<Answer> =>
  stage.call('POST', '/functions/factorsProofOfWork', { factor }, headers);
const workFor = async (factor = 'emailLogin', headers = {}): Promise<Work> => {
  const { status, body } = await request(factor, headers);
  expect(status).toBe(200);
  return body['result'] as Work;
};
const proofFor = async (factor = 'emailLogin', headers = {}): Promise<string> => solveProofOfWork(await workFor(factor, headers));
const ask = (proof: string | undefined, headers = {}, email = newAddress()): Promise<Answer> =>
  stage.challenge({ challengeData: { emailLogin: { email } } }, { ...headers, ...(proof !== undefined && { [HEADER]: proof }) });

describe('a message with a proof of work', () => {
  beforeAll(async () => {
    stage = await startStage({
      install: true,
      server: { trustProxy: true },
      emailLogin: { allow, maxSendsPerIp: 1000 },
      mail: { allow, maxSendsPerIp: 1000 },
      sms: { maxSendsPerPrefix: 1000 },
    });
  });
  afterAll(() => stage.stop());
  beforeEach(() => {
    stage.time.now += DAY;
    stage.mail.messages.length = 0;
  });

  it('goes out by REST, and not without one', async () => {
    const refused = await ask(undefined);
    expect([refused.status, slug(refused)]).toEqual([400, 'address_refused']);
    expect(stage.mail.messages).toHaveLength(0);
    const work = await workFor();
    expect(work).toEqual({
      challenge: expect.stringMatching(/^1\.8\./),
      bits: '8',
      expiresAt: new Date(stage.time.now + 2 * MINUTE).toISOString(),
      header: HEADER.toLowerCase(),
    });
    expect((await ask(await solveProofOfWork(work))).status).toBe(200);
    expect(stage.mail.messages).toHaveLength(1);
  });

  it('goes out by GraphQL', async () => {
    const call =
      'mutation { callCloudCode(input: { functionName: factorsProofOfWork, params: { factor: "emailLogin" } }) { result } }';
    const { data } = await stage.graphql(call, {});
    const proof = await solveProofOfWork(data.callCloudCode.result as Work);
    const input = { challengeData: { emailLogin: { email: newAddress() } } };
    expect((await stage.graphql(CHALLENGE, { input }))['errors'][0].message).toMatch(/^address_refused/);
    expect((await stage.graphql(CHALLENGE, { input }, { [HEADER]: proof }))['errors']).toBe(undefined);
    expect(stage.mail.messages).toHaveLength(1);
  });

  it('goes out with the client, without a session and with one', async () => {
    const app = newApp(stage.url);
    const email = newAddress();
    await expect(app.client.passwordless.start('emailLogin', { email })).rejects.toMatchObject({ slug: 'address_refused' });
    const client = app.clientOf({ checks: clientChecks(app.sdk, { keys: ['emailLogin', 'email', 'otp'] }) });
    await client.passwordless.start('emailLogin', { email });
    const { status } = await client.passwordless.finish('emailLogin', { email, code: stage.lastCode(stage.mail) });
    expect(status).toBe('session');
    await client.enrol('email', { email });
    await client.confirm('email', { email, code: stage.lastCode(stage.mail) });
    await client.enrol('otp', { phone: '+15551234567' }); // needs none, so the client sends none
    await expect(client.passwordless.start('emailLogin', { email: 'x' })).rejects.toMatchObject({ slug: 'invalid_input' });
  });

  it('is one message for one solution, in 20 requests at once', async () => {
    const proof = await proofFor();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(proof)));
    const [sent, refused] = [answers.filter(({ status }) => status === 200), answers.filter(({ status }) => status !== 200)];
    expect([sent.length, new Set(refused.map(slug))]).toEqual([1, new Set(['address_refused'])]);
    expect(stage.mail.messages).toHaveLength(1);
    expect(slug(await ask(proof))).toBe('address_refused');
  });

  it('is one message for one challenge, whatever solutions it has', async () => {
    const { challenge } = await workFor();
    const solutions: string[] = [];
    for (let nonce = 0; solutions.length < 20; nonce += 1) {
      const text = `${challenge}.${nonce}`;
      if (createHash('sha256').update(text).digest()[0] === 0) solutions.push(text);
    }
    const answers = await Promise.all(solutions.map((proof) => ask(proof)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('does not go out for a forged, lowered, expired or foreign challenge, nor for too little work', async () => {
    const ip = newIp();
    const here = from(ip);
    const { challenge } = await workFor('emailLogin', here);
    const parts = challenge.split('.');
    const withPart = (index: number, part: string): string => parts.with(index, part).join('.');
    const forged = [withPart(1, '1'), withPart(2, 'zzzzzzzz'), withPart(3, 'A'.repeat(22)), withPart(5, 'A'.repeat(43))];
    for (const text of forged)
      expect(slug(await ask(await solveProofOfWork({ challenge: text, bits: '8' }), here))).toBe('address_refused');
    let nonce = 0;
    while (createHash('sha256').update(`${challenge}.${nonce}`).digest()[0] === 0) nonce += 1;
    for (const text of [`${challenge}.${nonce}`, challenge, `${challenge}.`, 'x'.repeat(7000)]) {
      expect(slug(await ask(text, here))).toBe('address_refused');
    }
    expect(slug(await ask(await proofFor('email', here), here))).toBe('address_refused');
    expect(slug(await ask(await proofFor('emailLogin', from(newIp())), here))).toBe('address_refused');
    const proof = await solveProofOfWork({ challenge, bits: '8' });
    stage.time.now += 2 * MINUTE;
    expect(slug(await ask(proof, here))).toBe('address_refused');
    expect(stage.mail.messages).toHaveLength(0);
    stage.time.now -= 1;
    expect((await ask(proof, from(ip.replace(/1$/, '250')))).status).toBe(200);
  });

  it('takes more work in a network that asks for many challenges', async () => {
    const here = from(newIp());
    const bits: string[] = [];
    for (let count = 0; count < 22; count += 1) bits.push((await workFor('emailLogin', here)).bits);
    expect(bits).toEqual([...Array.from({ length: 20 }, () => '8'), '10', '10']);
    const proof = await proofFor('emailLogin', here);
    expect((await ask(proof, here)).status).toBe(200);
    expect((await workFor('emailLogin', from(newIp()))).bits).toBe('8');
  });

  it('a challenge stores nothing but one count for its network', async () => {
    const before = await countRows(stage, 'FactorState');
    const here = from(newIp());
    for (let count = 0; count < 5; count += 1) await workFor('emailLogin', here);
    expect((await countRows(stage, 'FactorState')) - before).toBe(1);
    const { challenge } = await workFor('emailLogin', here);
    // Not only the last letter: it has two bits that say nothing, so another letter can stand for the same digest.
    const forged = `${challenge.slice(0, -20)}${'A'.repeat(20)}`;
    for (let nonce = 0; nonce < 10; nonce += 1) await ask(`${forged}.${nonce}`, here);
    expect((await countRows(stage, 'FactorState')) - before).toBe(1);
  });

  it.each([undefined, null, 1, '', 'totp', 'nonsense', '__proto__', 'constructor', { $ne: 1 }, ['emailLogin'], 'x'.repeat(1000)])(
    'a challenge is not made for %j',
    async (factor) => {
      expect(slug(await request(factor))).toBe('invalid_input');
    },
  );

  it('needs no proof where the factor asks for none', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person);
    expect(slug(await stage.challenge({ challengeData: { email: { email: newAddress() } } }, person.session))).toBe(
      'address_refused',
    );
  });
});

describe('the function for challenges', () => {
  afterEach(() => stage.stop());

  it('is there only if a factor asks for work', async () => {
    stage = await startStage({ install: true, server: { appId: 'without' } });
    expect((await request('emailLogin')).body).toMatchObject({ code: 141 });
    const app = newApp(stage.url, 'without');
    const client = app.clientOf({ checks: clientChecks(app.sdk, { keys: ['emailLogin'] }) });
    expect(await client.passwordless.start('emailLogin', { email: newAddress() })).toMatchObject({ status: 'sent' });
  });
});

describe('a proof that is used up tells nothing about users', () => {
  afterEach(() => stage.stop());

  it('for a sign-in by fields, which asks the second factor for its code', async () => {
    const member = new FieldsFactor({ find: 'memberNumber', match: [{ name: 'birthDate', ...isoDate }], maxAsksPerIp: 1000 });
    const background: Promise<unknown>[] = [];
    const waitUntil = (work: Promise<unknown>): void => void background.push(work);
    stage = await startStage({ install: true, sms: { allow }, more: { member }, compose: { waitUntil } });
    const birthDate = { __type: 'Date', iso: '1990-01-31T00:00:00.000Z' };
    const person: Person = await stage.signUp({ memberNumber: 'm-1', birthDate });
    const phone = '+15551234567';
    const enrol = { [HEADER]: await proofFor('otp'), ...person.session };
    expect((await stage.challenge({ challengeData: { otp: { phone } } }, enrol)).status).toBe(200);
    await stage.save(person, { otp: { phone, code: stage.lastCode(stage.sms) } });
    stage.time.now += DAY;
    stage.sms.messages.length = 0;
    for (const [day, sent] of [
      ['1990-01-31', 1],
      ['1990-02-01', 1],
    ] as const) {
      const askFor = (headers: Record<string, string>): Promise<Answer> =>
        stage.challenge({ challengeData: { member: { memberNumber: 'm-1', birthDate: day, factor: 'otp' } } }, headers);
      expect(slug(await askFor({}))).toBe('address_refused');
      const proof = { [HEADER]: await proofFor('otp') };
      expect((await askFor(proof)).status).toBe(200);
      expect(background.length).toBeGreaterThan(0);
      await Promise.all(background.splice(0));
      expect(stage.sms.messages.length).toBe(sent);
      stage.time.now += MINUTE;
      expect(slug(await askFor(proof))).toBe('address_refused');
    }
  });

  it('the master key needs a proof as well', async () => {
    stage = await startStage({ install: true, emailLogin: { allow } });
    expect(slug(await ask(undefined, MASTER))).toBe('address_refused');
  });

  it('for a new password, by address and by user name', async () => {
    const rig = await ResetRig.start({ mail: { allow }, emailLogin: { allow }, server: { trustProxy: true } });
    stage = rig.stage;
    const known = newAddress();
    const { username } = await rig.withEmail(known);
    for (const name of [{ email: known }, { email: newAddress() }, { username }, { username: 'none of them' }]) {
      stage.mail.messages.length = 0;
      const ask = (headers: Record<string, string>): Promise<Answer> => rig.ask({ factor: 'email', ...name }, headers);
      expect(slug(await ask({}))).toBe('address_refused');
      const proof = { [HEADER]: await proofFor('email') };
      expect(await ask(proof)).toMatchObject({ status: 200, body: { result: { status: 'sent' } } });
      await rig.settled();
      expect(stage.mail.messages).toHaveLength('none of them' === name.username || (name.email ?? known) !== known ? 0 : 1);
      rig.later();
      expect(slug(await ask(proof))).toBe('address_refused');
    }
  });

  it('a stranger without a proof does not use up the limit of an address', async () => {
    const rig = await ResetRig.start({ mail: { allow } });
    stage = rig.stage;
    const email = newAddress();
    await rig.withEmail(email);
    for (let count = 0; count < 30; count += 1) expect(slug(await rig.ask({ factor: 'email', email }))).toBe('address_refused');
    const answer = await rig.ask({ factor: 'email', email }, { [HEADER]: await proofFor('email') });
    expect(answer.status).toBe(200);
    await rig.settled();
    expect(stage.mail.messages).toHaveLength(1);
  });
});
