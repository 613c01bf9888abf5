import { outbox, ways } from '@parse-factors/core';
import type { Channel } from '@parse-factors/core/channel';
import { waysIn } from '@parse-factors/client';
import { byCountry } from '@parse-factors/sms-otp';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newApp } from '../support/client-stage.js';
import { slug } from '../support/harness.js';
import { CHALLENGE, credentials } from '../support/requests.js';
import { ResetRig } from '../support/reset-rig.js';
import { DAY, MINUTE } from '../support/time.js';

/** Codes to phones go by text message, call or chat. The default is a text message. */

const boxes = { sms: outbox({ name: 'sms' }), voice: outbox({ name: 'voice' }), chat: outbox({ name: 'chat' }) };
const abroad = outbox({ name: 'abroad' });
const down: Channel = { name: 'down', send: () => Promise.reject(Object.assign(new Error('down'), { code: 'EDOWN' })) };
const allowed: (string | undefined)[] = [];
const written: (string | undefined)[] = [];

let rig: ResetRig;
beforeAll(async () => {
  const channel = ways({ sms: byCountry({ FR: abroad, '*': boxes.sms }), voice: boxes.voice, chat: boxes.chat, fax: down });
  const phone = {
    channel,
    allow: (_to: string, { via }: { readonly via?: string }) => {
      allowed.push(via);
      return true;
    },
    message: ({ code, via }: { readonly code: string; readonly via?: string }) => {
      written.push(via);
      return { subject: 'Code', text: `${code} is your code.` };
    },
  };
  rig = await ResetRig.start({
    sms: { ...phone, maxAuthenticators: 3 },
    phoneLogin: phone,
    compose: {
      addressVerification: { phone: 'phoneLogin' },
      eventLog: true,
      passwordReset: ['phoneLogin', 'emailLogin'],
    },
  });
});
afterAll(() => rig.stage.stop());
beforeEach(() => {
  rig.stage.time.now += 2 * DAY;
  for (const list of [...all().map(({ messages }) => messages), allowed, written, rig.stage.events]) list.length = 0;
});

const all = (): readonly ReturnType<typeof outbox>[] => [...Object.values(boxes), abroad];
/** Where the messages went since the test began. */
const used = (): readonly string[] => all().flatMap(({ name, messages }) => messages.map(() => name));
const codeIn = (box: ReturnType<typeof outbox>): string => rig.stage.lastCode(box);
let numbers = 0;
const newNumber = (): string => `+1555200${String((numbers += 1)).padStart(4, '0')}`;
const ask = (payload: object | true, who: Person): Promise<Answer> =>
  rig.stage.challenge({ ...credentials(who), challengeData: { otp: payload } });
const reply = ({ body }: Answer, key = 'otp'): Record<string, string> => body['challengeData']?.[key] as Record<string, string>;
const OFFERED = JSON.stringify(['sms', 'voice', 'chat', 'fax']);
const UNKNOWN_WAY = 'invalid_input: Field "via" must be "sms" or "voice" or "chat" or "fax".';

async function enrolled(phone = newNumber()): Promise<Person> {
  const person = await rig.stage.signUp();
  expect((await rig.stage.challenge({ challengeData: { otp: { phone } } }, person.session)).status).toBe(200);
  const code = codeIn(phone.startsWith('+33') ? abroad : boxes.sms);
  expect((await rig.stage.save(person, { otp: { phone, code } })).status).toBe(200);
  rig.stage.time.now += MINUTE;
  for (const { messages } of all()) messages.length = 0;
  return person;
}

describe('the way of a code', () => {
  it('is the first one without a choice, and the reply names it and all others', async () => {
    const person = await enrolled();
    const answer = await ask(true, person);
    expect(reply(answer)).toMatchObject({ status: 'sent', via: 'sms', ways: OFFERED });
    expect(used()).toEqual(['sms']);
    expect((await rig.stage.logIn(person, { otp: codeIn(boxes.sms) })).status).toBe(200);
  });

  it('is chosen at a login, by REST and GraphQL', async () => {
    const person = await enrolled();
    expect(reply(await ask({ via: 'voice' }, person))).toMatchObject({ status: 'sent', via: 'voice', ways: OFFERED });
    expect(used()).toEqual(['voice']);
    expect((await rig.stage.logIn(person, { otp: codeIn(boxes.voice) })).status).toBe(200);
    rig.stage.time.now += MINUTE;
    const input = { ...credentials(person), challengeData: { otp: { via: 'chat' } } };
    const { data } = await rig.stage.graphql(CHALLENGE, { input });
    expect(data.challenge.challengeData.otp).toMatchObject({ via: 'chat' });
    expect(used()).toEqual(['voice', 'chat']);
  });

  it('is chosen for an enrolment, a step-up proof, and one of several phones', async () => {
    const person = await enrolled();
    const { save, challenge } = rig.stage;
    expect(reply(await challenge({ challengeData: { otp: { via: 'voice' } } }, person.session))).toMatchObject({ via: 'voice' });
    expect((await save(person, { otp: codeIn(boxes.voice) })).body['authDataResponse'].otp.status).toBe('verified');
    const second = newNumber();
    const begun = await challenge({ challengeData: { otp: { phone: second, via: 'chat' } } }, person.session);
    expect(reply(begun)).toMatchObject({ via: 'chat', ways: OFFERED });
    expect((await save(person, { otp: { phone: second, code: codeIn(boxes.chat), name: 'Work' } })).status).toBe(200);
    rig.stage.time.now += MINUTE;
    const shown = reply(await ask({ show: 'status' }, person));
    expect(shown).toMatchObject({ ways: OFFERED });
    const [, { id }] = JSON.parse(shown['destinations'] ?? '') as [unknown, { readonly id: string }];
    expect(reply(await ask({ id, via: 'voice' }, person))).toMatchObject({ via: 'voice' });
    expect(boxes.voice.messages.at(-1)?.to).toBe(second);
  });

  it('is chosen for a sign-in without a password, and the replies are the same for known and unknown numbers', async () => {
    const { stage } = rig;
    const phone = newNumber();
    const begin = (to: string, via: string): Promise<Answer> =>
      stage.challenge({ challengeData: { phoneLogin: { phone: to, via } } });
    const first = reply(await begin(phone, 'voice'), 'phoneLogin');
    expect(first).toMatchObject({ id: phone, via: 'voice', ways: OFFERED });
    const signUp = await stage.call('POST', '/users', { authData: { phoneLogin: { id: phone, code: codeIn(boxes.voice) } } });
    expect(signUp.status).toBe(201);
    rig.stage.time.now += MINUTE;
    const [known, unknown] = [await begin(phone, 'voice'), await begin(newNumber(), 'voice')];
    const fields = (answer: Answer): object => ({ ...reply(answer, 'phoneLogin'), id: '', destination: '' });
    expect([unknown.status, fields(unknown)]).toEqual([known.status, fields(known)]);
  });

  it('is chosen for a new password, and the reply names it whether a user is found or not', async () => {
    const { stage } = rig;
    const phone = newNumber();
    await stage.challenge({ challengeData: { phoneLogin: { phone } } });
    await stage.call('POST', '/users', { authData: { phoneLogin: { id: phone, code: codeIn(boxes.sms) } } });
    rig.stage.time.now += MINUTE;
    for (const { messages } of all()) messages.length = 0;
    const known = await rig.ask({ factor: 'phoneLogin', phone, via: 'voice' });
    const unknown = await rig.ask({ factor: 'phoneLogin', phone: newNumber(), via: 'voice' });
    await rig.settled();
    const fields = ({ status, body }: Answer): object => ({ status, ...(body['result'] as object), destination: '' });
    expect(fields(known)).toMatchObject({ status: 'sent', via: 'voice', ways: OFFERED });
    expect(fields(unknown)).toEqual(fields(known));
    expect(used()).toEqual(['voice']);
    const wrong = await rig.ask({ factor: 'phoneLogin', phone, via: 'pigeon' });
    expect([wrong.status, wrong.body['error']]).toEqual([400, UNKNOWN_WAY]);
    // A factor without ways knows no such field.
    expect(slug(await rig.ask({ factor: 'emailLogin', email: 'a@example.com', via: 'sms' }))).toBe('invalid_input');
  });

  it('is chosen for a second factor of a new password', async () => {
    const email = `ways${String((numbers += 1))}@example.com`;
    const person = await rig.withEmail(email);
    const phone = newNumber();
    await rig.stage.challenge({ challengeData: { otp: { phone } } }, person.session);
    expect((await rig.stage.save(person, { otp: { phone, code: codeIn(boxes.sms) } })).status).toBe(200);
    rig.stage.time.now += MINUTE;
    const reset = { factor: 'emailLogin', email, code: await rig.codeFor({ factor: 'emailLogin', email }) };
    const { client } = newApp(rig.stage.url);
    const sent = await client.passwordReset.challenge('emailLogin', { email, code: reset.code }, { key: 'otp', via: 'voice' });
    expect(sent).toMatchObject({ status: 'sent', via: 'voice', ways: OFFERED });
    expect((await rig.set({ ...reset, challengeData: { otp: { via: 'pigeon' } } })).body['error']).toBe(UNKNOWN_WAY);
    const authData = { otp: codeIn(boxes.voice) };
    expect((await rig.set({ ...reset, password: 'a new password', authData })).status).toBe(200);
  });

  it('is chosen for an address of the user object', async () => {
    const person = await rig.stage.signUp({ phone: newNumber() });
    const request = (params: object): Promise<Answer> =>
      rig.stage.call('POST', '/functions/factorsRequestVerification', params, person.session);
    expect((await request({ field: 'phone', via: 'pigeon' })).body['error']).toBe(UNKNOWN_WAY);
    expect((await request({ field: 'phone', via: 'chat' })).body['result']).toMatchObject({ via: 'chat', ways: OFFERED });
    expect(used()).toEqual(['chat']);
    const verify = { field: 'phone', code: codeIn(boxes.chat) };
    expect((await rig.stage.call('POST', '/functions/factorsVerifyAddress', verify, person.session)).status).toBe(200);
  });

  it('is known to the options "allow" and "message", to events and to the event log', async () => {
    const person = await enrolled();
    for (const list of [allowed, written, rig.stage.events]) list.length = 0;
    await ask({ via: 'voice' }, person);
    expect([allowed, written]).toEqual([['voice'], ['voice']]);
    expect(rig.stage.events.find(({ type }) => type === 'delivered')).toMatchObject({
      factor: 'otp',
      via: 'voice',
      country: 'ZZ',
    });
    await rig.settled();
    const rows = await rig.stage.rows.find('FactorEvent', { userId: person.id });
    expect(rows.find(({ type, via }) => type === 'delivered' && via === 'voice')).toBeDefined();
  });
});

describe('limits of all ways together', () => {
  it('another way within the cooldown is refused, also in 20 parallel requests, and afterwards there is one live code', async () => {
    const person = await enrolled();
    const names = ['sms', 'voice', 'chat'];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask({ via: names[index % 3] }, person)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => slug(answer) === 'cooldown')).toHaveLength(19);
    expect(used()).toHaveLength(1);
    const [first] = all().flatMap(({ messages }) => messages);
    rig.stage.time.now += MINUTE;
    expect((await ask({ via: 'voice' }, person)).status).toBe(200);
    const old = await rig.stage.logIn(person, { otp: /\d{6}/.exec(first?.text ?? '')?.[0] });
    expect(slug(old)).toBe('code_rejected');
    expect((await rig.stage.logIn(person, { otp: codeIn(boxes.voice) })).status).toBe(200);
  });

  it('five messages in ten minutes are five by all ways, before a user is known as well', async () => {
    const phone = newNumber();
    const statuses: number[] = [];
    for (const via of ['sms', 'voice', 'chat', 'voice', 'sms', 'voice', 'chat']) {
      statuses.push((await rig.stage.challenge({ challengeData: { phoneLogin: { phone, via } } })).status);
      rig.stage.time.now += MINUTE;
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 400, 400]);
    expect(used()).toHaveLength(5);
  });

  it('a way that fails voids its code, and its event names it', async () => {
    const person = await enrolled();
    expect(slug(await ask({ via: 'fax' }, person))).toBe('delivery_failed');
    expect(rig.stage.events.find(({ type }) => type === 'delivery_failed')).toMatchObject({ via: 'fax', reason: 'EDOWN' });
    expect(slug(await ask({ via: 'sms' }, person))).toBe('cooldown');
    expect(used()).toEqual([]);
  });
});

describe('a way that is not offered', () => {
  const odd: readonly unknown[] = [
    'pigeon',
    'SMS',
    '',
    'sms ',
    '__proto__',
    'toString',
    1,
    true,
    null,
    ['sms'],
    { $ne: 'sms' },
    'x'.repeat(1e6),
  ];

  it('is refused with the ways there are, and costs nothing', async () => {
    const person = await enrolled();
    for (const via of odd) {
      const answer = await ask({ via }, person);
      expect([via, answer.status, answer.body['error']]).toEqual([via, 400, UNKNOWN_WAY]);
    }
    const anyone = await rig.stage.challenge({ challengeData: { phoneLogin: { phone: newNumber(), via: 'pigeon' } } });
    expect([anyone.status, anyone.body['error']]).toEqual([400, UNKNOWN_WAY]);
    expect(used()).toEqual([]);
    expect((await ask({ via: 'sms' }, person)).status).toBe(200);
  });

  it('is not told to a client that has proven nothing', async () => {
    const answer = await rig.stage.challenge({ challengeData: { otp: { via: 'pigeon' } } });
    expect(slug(answer)).toBe('session_required');
  });

  it('no payload but a request for a code takes a way', async () => {
    const person = await enrolled();
    await ask(true, person);
    const code = codeIn(boxes.sms);
    expect((await ask({ show: 'status', via: 'sms' }, person)).status).toBe(400);
    expect(slug(await rig.stage.logIn(person, { otp: { code, via: 'sms' } }))).toBe('invalid_input');
    expect((await rig.stage.logIn(person, { otp: code })).status).toBe(200);
  });

  it('is an unknown field of a factor whose channel offers none', async () => {
    const person = await rig.stage.signUp();
    const email = `${person.username}@example.com`;
    const answer = await rig.stage.challenge({ challengeData: { email: { email, via: 'sms' } } }, person.session);
    expect(slug(answer)).toBe('invalid_input');
    const plain = await rig.stage.challenge({ challengeData: { email: { email } } }, person.session);
    expect(Object.keys(reply(plain, 'email'))).toEqual(['status', 'destination', 'expiresAt', 'resendAt']);
  });
});

describe('what users see of ways', () => {
  it('the status lists them, and a client may send it back, also as it was under another configuration', async () => {
    const person = await enrolled();
    const status = (await rig.stage.call('POST', '/functions/factorsStatus', {}, person.session)).body['result'].otp;
    expect(status).toMatchObject({ status: 'enabled', ways: OFFERED });
    const { ways: _ways, ...before } = status as Record<string, string>;
    for (const echo of [status, before, { ...before, ways: '["sms","telex"]' }])
      expect((await rig.stage.save(person, { otp: echo })).status).toBe(200);
    expect(slug(await rig.stage.save(person, { otp: { ...status, status: 5 } }))).toBe('invalid_input');
  });

  it('the client offers and chooses them', async () => {
    const person = await enrolled();
    const { client } = newApp(rig.stage.url);
    const needed = await client.logIn(person.username, person.password);
    if (needed.status !== 'factors') throw new Error(needed.status);
    expect(needed.ways).toEqual({ otp: ['sms', 'voice', 'chat', 'fax'] });
    expect(waysIn(await needed.challenge('otp', { via: 'voice' }))).toEqual(['sms', 'voice', 'chat', 'fax']);
    expect((await needed.answer('otp', codeIn(boxes.voice))).status).toBe('session');
    const phone = newNumber();
    const begun = await client.passwordless.start('phoneLogin', { phone, via: 'chat' });
    expect(begun).toMatchObject({ via: 'chat' });
    expect((await client.passwordless.finish('phoneLogin', { phone, code: codeIn(boxes.chat) })).status).toBe('session');
  });
});

describe('a channel by country', () => {
  it("sends by the country's channel, and by the other one everywhere else", async () => {
    const french = await enrolled('+33612345678');
    expect((await ask(true, french)).status).toBe(200);
    expect(used()).toEqual(['abroad']);
    rig.stage.time.now += MINUTE;
    expect((await ask({ via: 'voice' }, french)).status).toBe(200);
    expect(used()).toEqual(['voice', 'abroad']);
    const american = await enrolled();
    await ask(true, american);
    expect(used()).toEqual(['sms']);
  });
});
