import { type CloudRequest, outbox, type PaymentDetails, ways } from '@parse-factors/core';
import { MESSAGE_LANGUAGES } from '@parse-factors/core/channel';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { credentials } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';

/** Codes that confirm one payment: the Cloud function `pay` sends one, and `confirm` makes the payment with it. */

const [sms, voice] = [outbox({ name: 'sms' }), outbox({ name: 'voice' })];
/** What the option `message` leaves out of its text. */
let leftOut: keyof PaymentDetails | undefined;
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    install: true,
    sms: { channel: ways({ sms, voice }), maxAuthenticators: 2 },
    mail: {
      message: ({ code, details: { amount, payee } = { amount: '', payee: '' } }) => ({
        subject: 'Code',
        text: [code, leftOut === 'amount' ? '' : amount, leftOut === 'payee' ? '' : payee].join(' '),
      }),
    },
  });
  defineShop();
});
afterAll(() => stage.stop());
beforeEach(() => {
  leftOut = undefined;
  stage.time.now += 2 * DAY;
  for (const list of [sms.messages, voice.messages, stage.events]) list.length = 0;
});

interface PayRequest extends CloudRequest {
  readonly params: {
    readonly factor: string;
    readonly details: PaymentDetails;
    readonly code: unknown;
    id?: string;
    via?: string;
  };
}
/** A real shop reads the details from an order of its own. Here the test says them. */
function defineShop(): void {
  const { Cloud } = cloudCode() as unknown as { Cloud: { define(name: string, work: (request: PayRequest) => unknown): void } };
  Cloud.define('pay', async (request) => stage.factors.challengePayment(request, request.params));
  Cloud.define('confirm', async (request) => {
    await stage.factors.verifyPayment(request, request.params);
    return 'paid';
  });
}

const DETAILS: PaymentDetails = { amount: '12.50 EUR', payee: 'ACME GmbH' };
const pay = (person: Person, more: object = {}): Promise<Answer> =>
  stage.call('POST', '/functions/pay', { factor: 'otp', details: DETAILS, ...more }, person.session);
const confirm = (person: Person, code: unknown, more: object = {}): Promise<Answer> =>
  stage.call('POST', '/functions/confirm', { factor: 'otp', details: DETAILS, code, ...more }, person.session);
const code = (): string => stage.lastCode(sms);
let numbers = 0;
async function enrolled(): Promise<Person> {
  const person = await stage.signUp();
  const phone = `+1555400${String((numbers += 1)).padStart(4, '0')}`;
  expect((await stage.challenge({ challengeData: { otp: { phone } } }, person.session)).status).toBe(200);
  expect((await stage.save(person, { otp: { phone, code: code() } })).status).toBe(200);
  stage.time.now += MINUTE;
  return person;
}
async function asked(details: PaymentDetails = DETAILS): Promise<{ readonly person: Person; readonly sent: string }> {
  const person = await enrolled();
  expect((await pay(person, { details })).status).toBe(200);
  return { person, sent: code() };
}

describe('a code for a payment', () => {
  it('shows the amount and the payee, and confirms them once', async () => {
    const { person, sent } = await asked();
    expect(sms.messages.at(-1)?.text).toBe(
      `${sent} is your code to pay 12.50 EUR to ACME GmbH. It is valid for 5 minutes. Never share it.`,
    );
    expect((await confirm(person, sent)).body).toEqual({ result: 'paid' });
    expect(slug(await confirm(person, sent))).toBe('code_expired');
    const seen = stage.events.filter(({ purpose }) => purpose === 'payment').map(({ type }) => type);
    expect(seen).toEqual(['challenged', 'delivered', 'verified', 'rejected']);
    expect(JSON.stringify(stage.events)).not.toMatch(/12\.50|ACME/);
  });

  it('is written in the language of the user, and goes by the way and to the phone that Cloud Code says', async () => {
    const person = await enrolled();
    const answer = await stage.call(
      'POST',
      '/functions/pay',
      { factor: 'otp', details: DETAILS, via: 'voice' },
      { ...person.session, 'Accept-Language': 'de' },
    );
    expect(answer.body['result']).toMatchObject({ status: 'sent', via: 'voice' });
    expect(voice.messages.at(-1)?.text).toContain('um 12.50 EUR an ACME GmbH zu zahlen');
    expect((await confirm(person, stage.lastCode(voice))).status).toBe(200);
    expect(slug(await pay(person, { via: 'pigeon' }))).toBe('invalid_input');
    expect(slug(await pay(person, { id: 'x'.repeat(16) }))).toMatch(/^(?:not_enrolled|invalid_input)$/);
  });

  it('shows a payee in lower case as it is, in every language', async () => {
    const person = await enrolled();
    for (const language of MESSAGE_LANGUAGES) {
      stage.time.now += DAY;
      const details = { amount: 'usd 5', payee: 'eBay' };
      const headers = { ...person.session, 'Accept-Language': language };
      const answer = await stage.call('POST', '/functions/pay', { factor: 'otp', details }, headers);
      expect([language, answer.status]).toEqual([language, 200]);
      expect(sms.messages.at(-1)?.text).toMatch(/usd 5[^]*eBay|eBay[^]*usd 5/);
    }
  });

  it('opens the payment once in 20 parallel requests', async () => {
    const { person, sent } = await asked();
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(person, sent)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it.each<readonly [string, Partial<PaymentDetails>]>([
    ['another amount', { amount: '1250 EUR' }],
    ['another currency', { amount: '12.50 USD' }],
    ['another payee', { payee: 'EVIL GmbH' }],
    ['a payee that looks the same', { payee: 'АCME GmbH' }],
    ['the amount with another space', { amount: '12.50\u00A0EUR' }],
  ])('does not confirm %s', async (_what, change) => {
    const { person, sent } = await asked();
    expect(slug(await confirm(person, sent, { details: { ...DETAILS, ...change } }))).toBe('code_rejected');
  });

  it('of a replaced payment works no more, and that of the new one not for the old one', async () => {
    const { person, sent } = await asked();
    stage.time.now += MINUTE;
    const details = { amount: '99.00 EUR', payee: 'ACME GmbH' };
    await pay(person, { details });
    expect(slug(await confirm(person, sent))).toBe('code_rejected');
    expect(slug(await confirm(person, sent, { details }))).toBe('code_rejected');
    expect(slug(await confirm(person, code()))).toBe('code_rejected');
    expect((await confirm(person, code(), { details })).status).toBe(200);
  });

  it('is no login, no step-up proof, no enrolment, and nothing for another user or factor', async () => {
    const { person, sent } = await asked();
    const other = (await asked()).person;
    stage.time.now += MINUTE;
    await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
    expect(slug(await stage.logIn(person, { otp: sent }))).toBe('code_rejected');
    expect(slug(await stage.save(person, { otp: sent }))).toMatch(/^code_/);
    expect(slug(await confirm(other, sent))).toBe('code_rejected');
    expect(slug(await confirm(person, sent, { factor: 'email' }))).toBe('not_enrolled');
    expect((await confirm(person, sent)).status).toBe(200);
  });

  it('is not the code of a login or a step-up proof', async () => {
    const { person } = await asked();
    await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
    expect(slug(await confirm(person, code()))).toBe('code_rejected');
    await stage.challenge({ challengeData: { otp: true } }, person.session);
    expect(slug(await confirm(person, code()))).toBe('code_rejected');
  });

  it('does not make the session fresh', async () => {
    const { person, sent } = await asked();
    stage.time.now += 3 * MINUTE;
    expect((await confirm(person, sent)).status).toBe(200);
    stage.time.now += 2 * MINUTE;
    expect(slug(await stage.save(person, { otp: null }))).toBe('fresh_proof_required');
  });

  it('is guessed at five times at most, also with other details, and expires', async () => {
    const { person, sent } = await asked();
    const wrong = sent === '000000' ? '111111' : '000000';
    for (let index = 0; index < 5; index += 1) {
      const amount = index % 2 === 0 ? DETAILS.amount : '1 EUR';
      expect((await confirm(person, wrong, { details: { ...DETAILS, amount } })).status).toBe(400);
    }
    expect((await confirm(person, sent)).status).toBe(400);
    const second = await asked();
    stage.time.now += 5 * MINUTE + 1;
    expect(slug(await confirm(second.person, second.sent))).toBe('code_expired');
  });

  it('has the limits of other codes', async () => {
    const person = await enrolled();
    const answers = await Promise.all(Array.from({ length: 20 }, () => pay(person)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(slug(await pay(person, { details: { ...DETAILS, amount: '1 EUR' } }))).toBe('cooldown');
  });

  it('needs a session, an enrolment, a factor that sends codes, and sound details', async () => {
    const person = await enrolled();
    const anyone = { ...person, session: {} };
    expect([slug(await pay(anyone)), slug(await confirm(anyone, '123456'))]).toEqual(['session_required', 'session_required']);
    const unenrolled = await stage.signUp();
    expect(slug(await pay(unenrolled))).toBe('not_enrolled');
    expect((await pay(person, { factor: 'totp' })).body['error']).toMatch(
      /^invalid_input: Field "factor" must be "otp" or "email"/,
    );
    for (const factor of ['nothing', '__proto__', 'constructor', 1, null])
      expect([factor, slug(await pay(person, { factor }))]).toEqual([factor, 'invalid_input']);
    for (const details of [
      undefined,
      null,
      {},
      { amount: '1 EUR' },
      { ...DETAILS, payee: 'https://evil.example' },
      { ...DETAILS, more: '' },
    ])
      expect([details, slug(await pay(person, { details }))]).toEqual([details, 'invalid_input']);
    expect(slug(await confirm(person, 'abc'))).toBe('invalid_input');
    expect(sms.messages).toHaveLength(1);
  });
});

describe('the text of a payment', () => {
  it('carries no link, no phone number and nothing invisible, in whatever script', async () => {
    const person = await enrolled();
    sms.messages.length = 0;
    const payees = [
      'ACME 185.12.3.44',
      'उदाहरण.भारत',
      'tel:118',
      '１９００５５５０１００',
      'ACME 1·900·555·0100',
      'ACME +49 (0)900 555010',
      '١٩٠٠٥٥٥٠١٠٠',
      '\u2800',
      '\u3164',
      'AC\u034FME',
      'A\uFE0FB',
    ];
    const amounts = [
      '+1 900 555 0100',
      '19005550100 EUR',
      '1.900.555.0100',
      '１９００５５５０１００',
      '12\u115F EUR',
      '8.8.8.8 EUR',
    ];
    const refused = [...payees.map((payee) => ({ ...DETAILS, payee })), ...amounts.map((amount) => ({ ...DETAILS, amount }))];
    for (const details of refused) {
      const answer = await pay(person, { details });
      expect([details, answer.status, slug(answer)]).toEqual([details, 400, 'invalid_input']);
      expect(slug(await confirm(person, '123456', { details }))).toBe('invalid_input');
    }
    expect(sms.messages).toEqual([]);
    const sounds = [
      { amount: '¥1,200', payee: '株式会社テスト' },
      { amount: '٣٤٫٥٠ ر.س', payee: 'شركة' },
      { amount: '1\u00A0234,56\u00A0€', payee: "1&1 O'Neill's" },
    ];
    for (const details of sounds) {
      stage.time.now += DAY;
      expect([details, (await pay(person, { details })).status]).toEqual([details, 200]);
      expect(sms.messages.at(-1)?.text).toContain(details.amount);
      expect(sms.messages.at(-1)?.text).toContain(details.payee);
      expect((await confirm(person, code(), { details })).body).toEqual({ result: 'paid' });
    }
  });

  it.each(['amount', 'payee'] as const)('is not sent without the %s, if the application writes it', async (name) => {
    const person = await stage.signUp();
    await stage.enrolEmail(person);
    stage.time.now += MINUTE;
    expect((await pay(person, { factor: 'email' })).status).toBe(200);
    expect(stage.mail.messages.at(-1)?.text).toMatch(/^\d{6} 12\.50 EUR ACME GmbH$/);
    stage.time.now += MINUTE;
    leftOut = name;
    expect(slug(await pay(person, { factor: 'email' }))).toBe('delivery_failed');
  });

  it.each<object>([{ details: DETAILS }, { details: DETAILS, via: 'sms' }, { amount: '1 EUR', payee: 'x' }])(
    'is not for clients to say: %j',
    async (payload) => {
      const person = await enrolled();
      sms.messages.length = 0;
      for (const answer of [
        await stage.challenge({ challengeData: { otp: payload } }, person.session),
        await stage.challenge({ challengeData: { otp: { phone: '+15554009999', ...payload } } }, person.session),
        await stage.challenge({ challengeData: { phoneLogin: { phone: '+15554009999', ...payload } } }),
      ])
        expect(slug(answer)).toBe('invalid_input');
      expect((await stage.challenge({ ...credentials(person), challengeData: { otp: payload } })).status).toBe(400);
      expect(sms.messages).toEqual([]);
    },
  );
});
