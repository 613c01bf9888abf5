// @slow
import { randomBytes } from 'node:crypto';
import { defineFactor, FactorConfigError, FactorError, type FactorDefinition } from '@parse-factors/core';
import { factorSuite, fakeClock, SuiteUser, type FactorServer, type ServerAnswer } from '@parse-factors/testing';
import type ParseSdk from 'parse/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hotpToken } from '../../docs/examples/hotp-token.js';
import { pushApproval } from '../../docs/examples/push-approval.js';
import { definePushStatus, waitForPhone, type PushStatus } from '../../docs/examples/push-status.js';
import { loadParseSdk } from '@parse-factors/test-server/parse-sdk';
import { startFactorServer } from '../support/factor-server.js';
import { hotpButton } from '../support/hotp-factor.js';

const slugOf = ({ body }: ServerAnswer): string => String(body['error']).split(':')[0] ?? '';
const approved = new Set<string>();
const asked: string[] = [];
let isPhoneOff = false;
const phones = {
  ask: async (phone: string) => {
    asked.push(phone);
    if (isPhoneOff) throw new Error('push service down');
  },
  hasApproved: async (phone: string, request: string) => approved.has(`${phone} ${request}`),
};

factorSuite(
  { describe, it, beforeAll, afterAll },
  {
    key: 'phone',
    start: (clock) => startFactorServer({ phone: pushApproval(phones) }, clock),
    async begin(user) {
      const phone = `phone-${user.id}`;
      const approve = ({ request = '' }: Readonly<Record<string, string>>): string => {
        approved.add(`${phone} ${request}`);
        return request;
      };
      return {
        confirmation: approve(await user.challenge({ phone })),
        wrongConfirmation: '0'.repeat(32),
        answers: { right: async (ask) => approve(await ask()), wrong: () => randomBytes(16).toString('hex') },
      };
    },
  },
);

const grid = new Map<string, string>();
factorSuite(
  { describe, it, beforeAll, afterAll },
  {
    key: 'grid',
    start: (clock) =>
      startFactorServer(
        {
          // What is expected is compared by the factor; what was used is not asked for again, nor accepted for another purpose.
          grid: defineFactor<{ readonly left: readonly string[] }>({
            answer: { maxLength: 8, pattern: /^[a-z0-9]{8}$/, accepts: 'a word of the card' },
            begin: ({ random, user }) => {
              const words = Array.from({ length: 12 }, () => Buffer.from(random(4)).toString('hex'));
              for (const [number, word] of words.entries()) grid.set(`${user.id} ${number}`, word);
              return { expected: words[0] ?? '', enrolment: { left: words }, reply: { number: '0' } };
            },
            challenge: ({ user }, { left }) => {
              const number = [...Array(12).keys()].find((candidate) => grid.get(`${user.id} ${candidate}`) === left[0]);
              return { expected: left[0] ?? '', reply: { number: String(number) } };
            },
            afterUse: ({ left }, expected) => {
              if (!left.includes(expected)) throw new FactorError('code_rejected');
              return { left: left.filter((word) => word !== expected) };
            },
            describe: ({ left }) => ({ left: String(left.length) }),
          }),
        },
        clock,
      ),
    async begin(user) {
      await user.challenge(true);
      const word = ({ number }: Readonly<Record<string, string>>): string => grid.get(`${user.id} ${number}`) ?? '';
      return {
        confirmation: word({ number: '0' }),
        wrongConfirmation: '00000000',
        answers: { right: async (ask) => word(await ask()), wrong: () => '00000000' },
      };
    },
  },
);

factorSuite(
  { describe, it, beforeAll, afterAll },
  {
    key: 'token',
    start: (clock) => startFactorServer({ token: hotpToken() }, clock),
    async begin(user) {
      const { secret = '' } = await user.challenge(true);
      const press = hotpButton(secret);
      press(); // and another one that is not the first
      return {
        confirmation: press(),
        wrongConfirmation: '000000',
        answers: {
          right: async (ask) => {
            await ask();
            return press();
          },
          wrong: () => '000000',
        },
      };
    },
  },
);

describe('a token by events', () => {
  const clock = fakeClock();
  let server: FactorServer;
  beforeAll(async () => {
    server = await startFactorServer({ token: hotpToken() }, clock);
  });
  afterAll(() => server.stop());

  it('an event token accepts each code for one purpose only, no older one, and codes after unused presses', async () => {
    const user = await SuiteUser.signUp(server, 'token');
    const { secret = '' } = await user.challenge(true);
    const press = hotpButton(secret);
    expect((await user.save(press())).status).toBe(200);
    clock.advance(600_000); // setting it up was a fresh proof
    const [skipped, login] = [press(), press()];
    await user.challengeByPassword();
    await user.challenge({ purpose: 'fresh-proof' });
    expect((await user.logIn(login)).status).toBe(200);
    for (const used of [login, skipped]) expect(slugOf(await user.save(used))).toBe('code_rejected');
    expect((await user.save(press())).status).toBe(200);
    for (let unused = 0; unused < 9; unused += 1) press();
    await user.challengeByPassword();
    expect((await user.logIn(press())).status).toBe(200);
    for (let unused = 0; unused < 10; unused += 1) press();
    await user.challengeByPassword();
    expect(slugOf(await user.logIn(press()))).toBe('code_rejected');
  });
});

describe('a challenge of a defined factor', () => {
  const clock = fakeClock();
  let server: FactorServer;
  beforeAll(async () => {
    const statusOf = async (request: string): Promise<PushStatus> =>
      [...approved].some((each) => each.endsWith(` ${request}`)) ? 'approved' : 'pending';
    server = await startFactorServer({ phone: pushApproval(phones) }, clock, (parse) =>
      definePushStatus(parse as typeof ParseSdk, statusOf),
    );
  });
  afterAll(() => server.stop());

  /** A user whose phone receives a question. */
  async function withPhone(): Promise<{ user: SuiteUser; phone: string; approve: (request: string) => string }> {
    const user = await SuiteUser.signUp(server, 'phone');
    const phone = `phone-${user.id}`;
    const approve = (request: string): string => {
      approved.add(`${phone} ${request}`);
      return request;
    };
    const { request = '' } = await user.challenge({ phone });
    expect((await user.save(approve(request))).status).toBe(200);
    return { user, phone, approve };
  }
  const times = (phone: string): number => asked.filter((candidate) => candidate === phone).length;

  it('a challenge of a defined factor is delivered within the limits, even of 40 parallel asks', async () => {
    const { user, phone } = await withPhone();
    const before = times(phone);
    await Promise.allSettled(Array.from({ length: 40 }, () => user.challengeByPassword()));
    expect(times(phone) - before).toBe(20);
  });

  it('a client waits for a challenge without attempts: it asks a function of the application, and logs in once', async () => {
    const { user, approve } = await withPhone();
    const { request = '' } = await user.challengeByPassword();
    const Parse = loadParseSdk('test', server.url) as unknown as typeof ParseSdk;
    const ask = (params: object): Promise<unknown> => Parse.Cloud.run('pushStatus', params);
    for (let asks = 0; asks < 30; asks += 1) expect(await ask({ request })).toBe('pending');
    for (const other of [{}, { request: 5 }, { request: { $gt: '' } }, { request: `${request}0` }])
      expect(await ask(other)).toBe('pending');
    approve(request);
    expect(await waitForPhone(Parse, request)).toBe('approved');
    expect((await user.logIn(request)).status).toBe(200);
  });

  it('a client that logs in again and again while it waits is locked', async () => {
    const { user, approve } = await withPhone();
    const { request = '' } = await user.challengeByPassword();
    for (let asks = 0; asks < 10; asks += 1) expect((await user.logIn(request)).status).toBe(400);
    expect(slugOf(await user.logIn(approve(request)))).toBe('locked');
  });

  it('a challenge is not delivered while the factor is locked', async () => {
    const { user, phone } = await withPhone();
    for (let guess = 0; guess < 10; guess += 1) await user.logIn('0'.repeat(32));
    const before = times(phone);
    await expect(user.challengeByPassword()).rejects.toThrow('locked');
    expect(times(phone)).toBe(before);
  });

  it('a challenge that cannot be delivered gets an error, and the next one is delivered', async () => {
    const { user, approve } = await withPhone();
    isPhoneOff = true;
    await expect(user.challengeByPassword()).rejects.toThrow('unavailable');
    isPhoneOff = false;
    expect(slugOf(await user.logIn('0'.repeat(32)))).toBe('code_expired');
    const { request = '' } = await user.challengeByPassword();
    expect((await user.logIn(approve(request))).status).toBe(200);
  });
});

describe('defineFactor', () => {
  const sound: FactorDefinition<object> = {
    answer: { maxLength: 6, pattern: /^\d+$/, accepts: 'digits' },
    begin: () => ({ expected: '1', enrolment: {} }),
    challenge: () => ({ expected: '1' }),
  };

  it.each<[string, object]>([
    ['answer', { answer: /^\d+$/ }],
    ['begin', { begin: undefined }],
    ['challenge', { challenge: 'sms' }],
    ['check', { check: true }],
    ['validityMs', { validityMs: 1000 }],
    ['cooldownMs', { cooldownMs: -1 }],
    ['maxChallengesPer10Minutes', { maxChallengesPer10Minutes: 0 }],
    ['maxLockMs', { lockMs: 3_600_000, maxLockMs: 60_000 }],
    ['sends', { sends: 5 }],
  ])('defineFactor names the option that is wrong: %s', (option, wrong) => {
    expect(() => defineFactor(sound)).not.toThrow();
    expect(() => defineFactor({ ...sound, ...wrong })).toThrow(FactorConfigError);
    expect(() => defineFactor({ ...sound, ...wrong })).toThrow(`"${option}"`);
  });
});
