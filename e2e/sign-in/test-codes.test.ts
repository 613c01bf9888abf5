// @compat
import { randomUUID } from 'node:crypto';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { slug, type Stage, type StageOptions, startStage } from '../support/harness.js';
import { ResetRig } from '../support/reset-rig.js';
import { MASTER } from '../support/requests.js';
import { storedKeys } from '../support/rows.js';
import { DAY, MINUTE } from '../support/time.js';

/** Fixed codes for the reviewers of app stores and for automated tests, on a server that others use as well. */

const CODE = '112233';
const UNTIL = '2027-01-31'; // the clock of a stage begins on 21 November 2026
const END = Date.parse(UNTIL) + DAY;
const PHONES = Array.from({ length: 20 }, (_, index) => `+155501${String(index).padStart(2, '0')}`);
const MAILS = Array.from({ length: 20 }, (_, index) => `review${index}@example.com`);

const codesFor = (addresses: readonly string[], until = UNTIL) => ({
  allowFictional: false,
  testCodes: { addresses: Object.fromEntries(addresses.map((address) => [address, CODE])), until },
});
const mailCodes = { testCodes: codesFor(MAILS).testCodes };
const BY_ROLE: StageOptions = { compose: { policy: { byRole: { admin: { atLeast: 1 } }, otherwise: 'any' } } };

let rig: ResetRig;
let stage: Stage;
let nextPhone = 0;
let nextMail = 0;
const phone = (): string => PHONES[nextPhone++ % PHONES.length] ?? '';
const mail = (): string => MAILS[nextMail++ % MAILS.length] ?? '';

async function start(options: StageOptions = {}): Promise<void> {
  rig = await ResetRig.start({
    sms: codesFor(PHONES),
    mail: mailCodes,
    emailLogin: mailCodes,
    phoneLogin: codesFor(PHONES),
    ...options,
    compose: { addressVerification: { email: 'emailLogin' }, ...options.compose },
  });
  ({ stage } = rig);
}

const types = (): string[] => stage.events.map(({ type }) => type);
const begin = (key: string, field: string, address: string): Promise<Answer> =>
  stage.challenge({ challengeData: { [key]: { [field]: address } } });
const use = (key: string, id: string, code = CODE): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { [key]: { id, code } } });
const ask = ({ username, password }: Person, key = 'otp', headers?: Record<string, string>): Promise<Answer> =>
  stage.challenge({ username, password, challengeData: { [key]: true } }, headers);
const verification = (name: string, params: object, person?: Person): Promise<Answer> =>
  stage.call('POST', `/functions/${name}`, params, person?.session);

/** Sets a test address up as a second factor, with the fixed code. */
async function enrol(person: Person, key: string, field: string, address: string): Promise<Answer> {
  const begun = await stage.challenge({ challengeData: { [key]: { [field]: address } } }, person.session);
  return begun.status === 200 ? stage.save(person, { [key]: { [field]: address, code: CODE } }) : begun;
}

let roles = 0;
/** Makes a user a member of the role `admin`, by a role below it. */
async function promote({ id }: { readonly id: string }): Promise<void> {
  const users = { __op: 'AddRelation', objects: [{ __type: 'Pointer', className: '_User', objectId: id }] };
  const below = await stage.call('POST', '/roles', { name: `junior${(roles += 1)}`, ACL: {}, users }, MASTER);
  const inherits = {
    __op: 'AddRelation',
    objects: [{ __type: 'Pointer', className: '_Role', objectId: below.body['objectId'] as string }],
  };
  const where = encodeURIComponent(JSON.stringify({ name: 'admin' }));
  const { body } = await stage.call('GET', `/roles?where=${where}`, undefined, MASTER);
  const [found] = body['results'] as { objectId: string }[];
  const answer =
    found === undefined
      ? await stage.call('POST', '/roles', { name: 'admin', ACL: {}, roles: inherits }, MASTER)
      : await stage.call('PUT', `/roles/${found.objectId}`, { roles: inherits }, MASTER);
  expect(answer.status).toBeLessThan(300);
}

/** Lets limits and locks pass, and forgets what was sent. */
async function fresh(): Promise<void> {
  await rig.settled();
  stage.time.now += 11 * MINUTE;
  stage.events.length = 0;
  stage.sms.messages.length = 0;
  stage.mail.messages.length = 0;
}

const sent = (): number => stage.sms.messages.length + stage.mail.messages.length;

describe('a test code', () => {
  beforeAll(() => start());
  afterAll(() => stage.stop());
  beforeEach(fresh);

  it('sets a second factor up and answers it, with a fictional number, and sends nothing', async () => {
    const person = await stage.signUp();
    const number = phone();
    expect((await enrol(person, 'otp', 'phone', number)).status).toBe(200);
    stage.time.now += MINUTE;
    expect((await ask(person)).body['challengeData'].otp).toMatchObject({
      status: 'sent',
      destination: expect.stringContaining('••••'),
    });
    stage.events.length = 0;
    expect((await stage.logIn(person, { otp: CODE })).status).toBe(200);
    expect(stage.events.filter(({ type }) => type === 'test_code_used')).toEqual([
      {
        type: 'test_code_used',
        factor: 'otp',
        userId: person.id,
        purpose: 'sign-in',
        at: stage.time.now,
        ip: expect.any(String),
      },
    ]);
    expect(stage.events.find(({ type }) => type === 'verified')).not.toHaveProperty('country');
    expect(sent()).toBe(0);
    expect(JSON.stringify(stage.events)).not.toMatch(new RegExp(`${CODE}|${number.slice(1)}`));
  });

  it('signs up and signs in without a password, once for each request', async () => {
    const number = phone();
    expect(
      (await begin('phoneLogin', 'phone', `${number.slice(0, 2)} ${number.slice(2, 5)} ${number.slice(5)}`)).body,
    ).toMatchObject({
      challengeData: { phoneLogin: { status: 'sent', id: number } },
    });
    expect((await use('phoneLogin', number)).status).toBe(201);
    expect(slug(await use('phoneLogin', number))).toBe('code_rejected');
    stage.time.now += MINUTE;
    expect((await begin('phoneLogin', 'phone', number)).status).toBe(200);
    const all = await Promise.all(Array.from({ length: 20 }, () => use('phoneLogin', number)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(types().filter((type) => type === 'test_code_used')).toHaveLength(2);
    expect(types()).not.toContain('delivered');
    expect(sent()).toBe(0);
  });

  it('is no code before one is asked for, and none of another address, user, purpose or factor', async () => {
    const [one, other] = [phone(), phone()];
    expect(slug(await use('phoneLogin', one))).toBe('code_rejected');
    expect((await begin('phoneLogin', 'phone', one)).status).toBe(200);
    expect(slug(await use('phoneLogin', other))).toBe('code_rejected');
    const [ann, bob] = [await stage.signUp(), await stage.signUp()];
    expect((await stage.challenge({ challengeData: { otp: { phone: other } } }, ann.session)).status).toBe(200);
    expect(slug(await stage.save(bob, { otp: { phone: other, code: CODE } }))).toBe('code_expired');
    const random = `${randomUUID()}@example.com`;
    expect((await begin('emailLogin', 'email', random)).status).toBe(200);
    expect(slug(await use('emailLogin', random))).toBe('code_rejected');
  });

  it('keeps the limits: the time between two codes, their number, and the lock after wrong ones', async () => {
    const person = await stage.signUp();
    expect((await enrol(person, 'otp', 'phone', phone())).status).toBe(200);
    stage.time.now += 11 * MINUTE;
    expect((await ask(person)).status).toBe(200);
    expect(slug(await ask(person))).toBe('cooldown');
    for (let wrong = 0; wrong < 5; wrong += 1) expect((await stage.logIn(person, { otp: '000000' })).status).toBe(400);
    expect(slug(await stage.logIn(person, { otp: CODE }))).toBe('code_expired');
    for (let more = 0; more < 5; more += 1) await stage.logIn(person, { otp: '000000' });
    expect(slug(await stage.logIn(person, { otp: CODE }))).toBe('locked');
    const number = phone();
    for (let round = 0; round < 5; round += 1, stage.time.now += MINUTE) {
      expect((await begin('phoneLogin', 'phone', number)).status).toBe(200);
    }
    expect(slug(await begin('phoneLogin', 'phone', number))).toBe('cooldown');
  });

  it('opens no other fictional number, in any way', async () => {
    const person = await stage.signUp();
    for (const other of ['+15550199', '+12025550100', '+15551234567']) {
      expect(slug(await begin('phoneLogin', 'phone', other))).toBe('address_refused');
      expect(slug(await use('phoneLogin', other))).toBe('address_refused');
      expect(slug(await stage.challenge({ challengeData: { otp: { phone: other } } }, person.session))).toBe('address_refused');
    }
  });

  it('resets a password and verifies an address, and nothing is sent', async () => {
    const email = mail();
    const person = await rig.withEmail(email);
    await fresh();
    expect((await rig.ask({ factor: 'email', email })).status).toBe(200);
    await rig.settled();
    expect(await rig.set({ factor: 'email', email, code: CODE, password: 'a new password' })).toMatchObject({ status: 200 });
    expect(await rig.opens(person, 'a new password')).toBe(true);
    const other = { email: mail() };
    const bob = await stage.signUp(other);
    await fresh();
    expect((await verification('factorsRequestVerification', {}, bob)).status).toBe(200);
    expect((await verification('factorsVerifyAddress', { code: CODE }, bob)).status).toBe(200);
    expect(types().filter((type) => type === 'test_code_used')).toHaveLength(1);
    expect(sent()).toBe(0);
  });

  it('is never for the master key, which may ask for it and answer with it', async () => {
    const person = await stage.signUp();
    expect((await enrol(person, 'otp', 'phone', phone())).status).toBe(200);
    stage.time.now += 11 * MINUTE;
    expect(slug(await ask(person, 'otp', MASTER))).toBe('address_refused');
    expect((await ask(person)).status).toBe(200);
    const { username, password } = person;
    const login = { username, password, authData: { otp: CODE } };
    expect(slug(await stage.call('POST', '/login', login, MASTER))).toBe('code_rejected');
    const email = mail();
    expect((await stage.challenge({ challengeData: { emailLogin: { email } } }, MASTER)).status).toBe(200);
    expect(stage.lastCode(stage.mail)).toMatch(/^\d{6}$/);
    expect(types().filter((type) => type === 'test_code_used')).toHaveLength(1); // the enrolment, by the user
  });
});

describe('a user with a role that a policy demands factors of', () => {
  beforeAll(() => start(BY_ROLE));
  afterAll(() => stage.stop());
  beforeEach(fresh);

  it('gets no test code for a second factor, at a login or for a step-up, before the role and after it', async () => {
    const person = await stage.signUp();
    const email = mail();
    expect((await enrol(person, 'email', 'email', email)).status).toBe(200);
    stage.time.now += MINUTE;
    expect((await ask(person, 'email')).status).toBe(200);
    expect(sent()).toBe(0);
    await promote(person);
    expect(slug(await stage.logIn(person, { email: CODE }))).toBe('code_rejected'); // made before the role
    expect(slug(await stage.save(person, { email: CODE }))).toBe('code_expired');
    stage.time.now += 11 * MINUTE;
    expect((await ask(person, 'email')).status).toBe(200);
    expect(stage.mail.messages.at(-1)?.to).toBe(email);
    const code = stage.lastCode(stage.mail);
    expect(slug(await stage.logIn(person, { email: CODE }))).toBe('code_rejected');
    expect((await stage.logIn(person, { email: code })).status).toBe(200);
    stage.time.now += 11 * MINUTE;
    expect((await stage.challenge({ challengeData: { email: true } }, person.session)).status).toBe(200);
    expect(slug(await stage.save(person, { email: CODE }))).toBe('code_rejected');
    expect((await stage.save(person, { email: stage.lastCode(stage.mail) })).status).toBe(200);
    expect(types().filter((type) => type === 'test_code_used')).toHaveLength(1); // the enrolment, before the role
  });

  it('sets no test address up', async () => {
    const person = await stage.signUp();
    await promote(person);
    expect(slug(await enrol(person, 'otp', 'phone', phone()))).toBe('address_refused');
    expect(slug(await enrol(person, 'email', 'email', mail()))).toBe('code_rejected');
    expect(await storedKeys(stage, person)).toEqual([]);
    expect(types()).not.toContain('test_code_used');
  });

  it('signs in with none without a password, before the role and after it', async () => {
    const [number, email] = [phone(), mail()];
    const opened: string[] = [];
    for (const [key, field, id] of [
      ['phoneLogin', 'phone', number],
      ['emailLogin', 'email', email],
    ] as const) {
      expect((await begin(key, field, id)).status).toBe(200);
      opened.push(String((await use(key, id)).body['objectId']));
    }
    await fresh();
    for (const [key, field, id] of [
      ['phoneLogin', 'phone', number],
      ['emailLogin', 'email', email],
    ] as const)
      expect((await begin(key, field, id)).status).toBe(200);
    for (const id of opened) await promote({ id });
    expect(slug(await use('phoneLogin', number))).toBe('code_rejected');
    expect(slug(await use('emailLogin', email))).toBe('code_rejected');
    await fresh();
    expect(slug(await begin('phoneLogin', 'phone', number))).toBe('address_refused');
    expect((await begin('emailLogin', 'email', email)).status).toBe(200);
    expect(stage.mail.messages).toHaveLength(1);
    expect(slug(await use('emailLogin', email))).toBe('code_rejected');
    expect(slug(await use('emailLogin', email, stage.lastCode(stage.mail)))).toBe('enrolment_required');
    expect(types()).not.toContain('test_code_used');
  });

  it('resets no password with one, before the role and after it', async () => {
    const email = mail();
    const person = await rig.withEmail(email);
    await fresh();
    expect((await rig.ask({ factor: 'email', email })).status).toBe(200);
    await rig.settled();
    await promote(person);
    const reset = { factor: 'email', email, password: 'a new password' };
    expect(slug(await rig.set({ ...reset, code: CODE }))).toBe('code_rejected');
    await fresh();
    const code = await rig.codeFor({ factor: 'email', email });
    expect(slug(await rig.set({ ...reset, code: CODE }))).toBe('code_rejected');
    expect((await rig.set({ ...reset, code })).status).toBe(200);
    expect(types()).not.toContain('test_code_used');
  });

  it('verifies no address with one, with a session or without, before the role and after it', async () => {
    const email = mail();
    const person = await stage.signUp({ email });
    const withPassword = { email, password: person.password, code: CODE };
    await fresh();
    expect((await verification('factorsRequestVerification', {}, person)).status).toBe(200);
    expect((await verification('factorsRequestVerification', { email })).status).toBe(200);
    await rig.settled();
    expect(sent()).toBe(0);
    await promote(person);
    expect(slug(await verification('factorsVerifyAddress', { code: CODE }, person))).toBe('code_rejected');
    expect(slug(await verification('factorsVerifyAddress', withPassword))).toBe('code_rejected');
    await fresh();
    expect((await verification('factorsRequestVerification', {}, person)).status).toBe(200);
    expect((await verification('factorsRequestVerification', { email })).status).toBe(200);
    await rig.settled();
    expect(stage.mail.messages).toHaveLength(2);
    expect(slug(await verification('factorsVerifyAddress', { code: CODE }, person))).toBe('code_rejected');
    expect(slug(await verification('factorsVerifyAddress', withPassword))).toBe('code_rejected');
    expect(types()).not.toContain('test_code_used');
  });

  it('others keep theirs', async () => {
    const person = await stage.signUp();
    expect((await enrol(person, 'otp', 'phone', phone())).status).toBe(200);
    expect(types()).toContain('test_code_used');
  });
});

describe('the time of test codes', () => {
  beforeAll(() => start({ compose: { selfCheck: false } }));
  afterAll(() => stage.stop());

  it('ends with the last day: fictional numbers are refused, others get random codes, and codes made before are void', async () => {
    const [person, number, email] = [await stage.signUp(), phone(), mail()];
    expect((await enrol(person, 'otp', 'phone', number)).status).toBe(200);
    stage.time.now = END - MINUTE;
    const signUp = phone();
    expect((await begin('phoneLogin', 'phone', signUp)).status).toBe(200);
    expect((await ask(person)).status).toBe(200);
    expect((await begin('emailLogin', 'email', email)).status).toBe(200);
    expect(await reasons()).toContain('test_codes');
    stage.time.now = END;
    expect(await reasons()).not.toContain('test_codes');
    expect(slug(await use('phoneLogin', signUp))).toBe('code_rejected');
    expect(slug(await use('emailLogin', email))).toBe('code_rejected');
    expect(slug(await stage.logIn(person, { otp: CODE }))).toBe('code_rejected');
    stage.time.now += 11 * MINUTE;
    expect(slug(await begin('phoneLogin', 'phone', signUp))).toBe('address_refused');
    expect(slug(await ask(person))).toBe('address_refused');
    expect(sent()).toBe(0);
    expect((await begin('emailLogin', 'email', email)).status).toBe(200);
    expect(stage.mail.messages).toHaveLength(1);
    expect((await use('emailLogin', email, stage.lastCode(stage.mail))).status).toBe(201);
  });

  const reasons = async (): Promise<string[]> => (await stage.factors.check()).map(({ reason }) => reason);
});

describe('the configuration of test codes', () => {
  it('is reported at the start and by the self-check, with the day and never the code', async () => {
    await start({ compose: { selfCheck: true } });
    try {
      const found = (await stage.factors.check()).filter(({ reason }) => reason === 'test_codes');
      expect(found.map(({ factor }) => factor)).toEqual(['otp', 'email', 'emailLogin', 'phoneLogin']);
      for (const { sentence } of found) {
        expect(sentence).toContain(`until ${UNTIL}`);
        expect(sentence).not.toMatch(/112233|1555|review/);
      }
      await expect
        .poll(() => stage.events.filter(({ reason }) => reason === 'test_codes').map(({ type, factor }) => `${type} ${factor}`), {
          timeout: 10_000,
        })
        .toEqual(['misconfigured otp', 'misconfigured email', 'misconfigured emailLogin', 'misconfigured phoneLogin']);
    } finally {
      await stage.stop();
    }
  });

  it.each(['2027-02-20', '2099-01-01'])('until %s is too far ahead', async (until) => {
    await expect(startStage({ sms: codesFor(PHONES, until) })).rejects.toThrow('factors.otp must be at most 90 days ahead');
  });

  it('until 90 days ahead is accepted', async () => {
    await start({ sms: codesFor(PHONES, '2027-02-19') });
    await stage.stop();
  });
});
