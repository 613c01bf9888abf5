import { composeFactors, FactorConfigError, FACTOR_EVENT_CLASS, generateKey, type FactorEvent } from '@parse-factors/core';
import { FieldsFactor } from '@parse-factors/fields';
import { TotpFactor } from '@parse-factors/totp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';

describe('waitUntil', () => {
  const pending: Promise<unknown>[] = [];
  const told: string[] = [];
  let isHeld = false;
  let release: (() => void) | undefined;
  let fault: 'throws' | 'rejects' | undefined;
  let stage: Stage;
  /** What was sent by the factors that sign in alone or after fields. */
  const sent: string[] = [];
  const channel = async ({ to }: { readonly to: string }): Promise<void> => {
    if (isHeld) await new Promise<void>((resolve) => (release = resolve));
    sent.push(to);
  };
  beforeAll(async () => {
    stage = await startStage({
      compose: {
        notices: true,
        eventLog: true,
        onEvent: async ({ type }: FactorEvent) => {
          await Promise.resolve();
          told.push(type);
        },
        waitUntil: (work) => {
          pending.push(work);
          if (fault === 'throws') throw new Error('no request');
          return fault === 'rejects' ? Promise.reject(new Error('no request')) : undefined;
        },
      },
      emailLogin: { channel, signUp: false },
      more: { member: new FieldsFactor({ find: 'memberNumber', match: ['pin'] }) },
    });
  });
  afterAll(() => stage.stop());
  afterEach(async () => {
    release?.();
    await Promise.all(pending.splice(0));
    [isHeld, fault, sent.length] = [false, undefined, 0];
    stage.time.now += DAY;
  });

  const ask = (email: string): Promise<Answer> => stage.challenge({ challengeData: { emailLogin: { email } } });

  it('waitUntil receives the promise of a message to known addresses only, and the reply does not wait for it', async () => {
    const address = 'known@example.com';
    const known = await stage.signUp();
    await stage.call('PUT', `/users/${known.id}`, { authData: { emailLogin: { id: address } } }, MASTER);
    await Promise.all(pending.splice(0));
    isHeld = true;
    const answer = await ask(address);
    expect([answer.status, sent]).toEqual([200, []]);
    expect(pending.length).toBeGreaterThan(0);
    await expect.poll(() => release).toBeDefined();
    release?.();
    await Promise.all(pending);
    expect(sent).toEqual([address]);
    isHeld = false;
    const unknown = await ask('unknown@example.com');
    expect([unknown.status, Object.keys(unknown.body['challengeData'].emailLogin)]).toEqual([
      200,
      Object.keys(answer.body['challengeData'].emailLogin),
    ]);
    await Promise.all(pending);
    expect(sent).toEqual([address]);
  });

  it('waitUntil receives the promise of a message that follows the right fields', async () => {
    const member = await stage.signUp({ memberNumber: 'm-1', pin: '1234' });
    await stage.enrolEmail(member);
    await Promise.all(pending.splice(0));
    stage.time.now += 10 * MINUTE;
    const before = stage.mail.messages.length;
    const asked = await stage.challenge({ challengeData: { member: { memberNumber: 'm-1', pin: '1234', factor: 'email' } } });
    expect(asked.status).toBe(200);
    await Promise.all(pending);
    expect(stage.mail.messages).toHaveLength(before + 1);
  });

  it('waitUntil receives the promises of notices, of the event log and of onEvent', async () => {
    const person = await stage.signUp();
    await stage.enrolEmail(person);
    await Promise.all(pending.splice(0));
    told.length = 0;
    const before = stage.mail.messages.length;
    await stage.enrolTotp(person);
    await Promise.all(pending);
    const notices = stage.mail.messages.slice(before).filter(({ text }) => !/\d{6}/.test(text));
    expect(notices).toHaveLength(1);
    expect(told).toContain('enrolled');
    const rows = await stage.call(
      'GET',
      `/classes/${FACTOR_EVENT_CLASS}?where={"userId":"${person.id}","factor":"totp"}`,
      undefined,
      {
        ...MASTER,
      },
    );
    expect(rows.body['results'].map(({ type }: { type: string }) => type)).toContain('enrolled');
  });

  it.each(['throws', 'rejects'] as const)('a waitUntil that %s changes nothing', async (how) => {
    fault = how;
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    expect((await ask('unknown2@example.com')).status).toBe(200);
  });

  it('waitUntil and clientIp must be functions', () => {
    const options = { keys: generateKey('test'), factors: { totp: new TotpFactor({ issuer: 'Acme' }) }, selfCheck: false };
    for (const name of ['waitUntil', 'clientIp']) {
      expect(() => composeFactors({ ...options, [name]: 'yes' })).toThrow(FactorConfigError);
      expect(() => composeFactors({ ...options, [name]: 'yes' })).toThrow(name);
    }
  });
});

describe('clientIp', () => {
  const SECRET = 'known to the app alone';
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage({
      compose: {
        clientIp: ({ headers }) => {
          if (headers['x-acme-secret'] === 'breaks') throw new Error('broken');
          return headers['x-acme-secret'] === SECRET ? String(headers['x-acme-client-ip']) : undefined;
        },
      },
      mail: { maxSendsPerIp: 2 },
      emailLogin: { maxSendsPerIp: 2 },
      more: { member: new FieldsFactor({ find: 'memberNumber', match: ['pin'] }) },
    });
  });
  afterAll(() => stage.stop());
  afterEach(() => {
    stage.time.now += DAY;
    stage.events.length = 0;
  });

  let asked = 0;
  async function ask(headers: Record<string, string>): Promise<string> {
    asked += 1;
    const answer = await stage.challenge({ challengeData: { emailLogin: { email: `ip${asked}@example.com` } } }, headers);
    return answer.status === 200 ? 'sent' : slug(answer);
  }
  const from = (ip: string, secret = SECRET): Record<string, string> => ({ 'X-Acme-Client-Ip': ip, 'X-Acme-Secret': secret });

  it('clientIp says whose limits a request counts towards, and which address events name', async () => {
    expect([await ask(from('192.0.2.1')), await ask(from('192.0.2.1')), await ask(from('192.0.2.1'))]).toEqual([
      'sent',
      'sent',
      'cooldown',
    ]);
    expect(await ask(from('192.0.2.2'))).toBe('sent');
    expect(await ask(from('2001:db8::1'))).toBe('sent');
    expect(await ask({})).toBe('sent'); // the address that Parse Server saw has limits of its own
    expect(new Set(stage.events.map(({ ip }) => ip))).toContain('192.0.2.1');
  });

  it('clientIp changes nothing about messages after fields, which count towards no address', async () => {
    const member = await stage.signUp({ memberNumber: 'm-2', pin: '1234' });
    await stage.enrolEmail(member);
    stage.time.now += 11 * MINUTE;
    const mallory = await stage.signUp();
    const headers = from('192.0.2.9');
    const begin = async (email: string): Promise<string> => {
      stage.time.now += MINUTE;
      const answer = await stage.challenge({ challengeData: { email: { email } } }, { ...mallory.session, ...headers });
      return answer.status === 200 ? 'sent' : slug(answer);
    };
    expect(await begin('m1@example.com')).toBe('sent');
    const before = stage.mail.messages.length;
    await stage.challenge({ challengeData: { member: { memberNumber: 'm-2', pin: '1234', factor: 'email' } } }, headers);
    await expect.poll(() => stage.mail.messages.length).toBe(before + 1);
    expect([await begin('m2@example.com'), await begin('m3@example.com')]).toEqual(['sent', 'cooldown']);
  });

  it('clientIp is ignored where it gives no address, or throws', async () => {
    expect(await ask({})).toBe('sent');
    expect(await ask(from('192.0.2.3', 'guessed'))).toBe('sent');
    expect(await ask(from('192.0.2.4', 'breaks'))).toBe('cooldown');
    expect(await ask(from('not an address'))).toBe('cooldown');
    expect(await ask(from('192.0.2.5, 192.0.2.6'))).toBe('cooldown');
  });
});
