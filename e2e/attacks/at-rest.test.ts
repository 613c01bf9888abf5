import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeFactors, generateKey } from '@parse-factors/core';
import { SmsOtpFactor } from '@parse-factors/sms-otp';
import { TotpFactor } from '@parse-factors/totp';
import { startStage, type Stage } from '../support/harness.js';
import { DAY, MINUTE } from '../support/time.js';
import { storedFactors } from '../support/rows.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

describe('a dump of the database', () => {
  it('a dump of the database contains no code, secret, phone number or address of a factor after a full life of a user', async () => {
    const person = await stage.signUp();
    const secrets: string[] = [];
    const note = (): void => void secrets.push(stage.lastCode(stage.sms), stage.lastCode(stage.mail));
    await stage.challenge({ challengeData: { otp: { phone: '+15553330001' } } }, person.session);
    await stage.challenge({ challengeData: { email: { email: 'kept.by.factor@example.org' } } }, person.session);
    note();
    const pending = await stage.challenge({ challengeData: { totp: true } }, person.session);
    secrets.push(pending.body['challengeData'].totp.secret);
    const during = await stage.rows.dump();
    await stage.save(person, { otp: { phone: '+15553330001', code: stage.lastCode(stage.sms) } });
    await stage.save(person, { email: { email: 'kept.by.factor@example.org', code: stage.lastCode(stage.mail) } });
    await stage.save(person, { totp: stage.totp(pending.body['challengeData'].totp.secret) });
    stage.time.now += MINUTE;
    const { username, password } = person;
    await stage.challenge({ username, password, challengeData: { otp: true, email: true } });
    note();
    await stage.logIn(person, { otp: '000000' });
    const live = await stage.rows.dump();
    expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
    const after = await stage.rows.dump();
    expect(after).toContain(person.username);
    for (const dump of [during, live, after]) {
      const hay = dump.toLowerCase();
      for (const needle of [...secrets, '5553330001', 'kept.by.factor', 'kept.by', '127.0.0.1', '•']) {
        expect([needle, hay.includes(needle.toLowerCase())]).toEqual([needle, false]);
      }
    }
    for (const record of Object.values(await storedFactors(stage, person)))
      expect(Object.keys(record as object)).toEqual(['sealed']);
    const events = JSON.stringify(stage.events);
    for (const needle of [...secrets, '5553330001', 'kept.by.factor']) expect(events).not.toContain(needle);
  });

  it("queries on a factor's record reveal nothing about it", async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15553330002');
    for (const where of [{ 'authData.otp.address': { $regex: '^' } }, { 'authData.otp.phone': '+15553330002' }]) {
      const { body } = await stage.call(
        'GET',
        `/users?where=${encodeURIComponent(JSON.stringify(where))}`,
        undefined,
        person.session,
      );
      expect(body['results'] ?? []).toEqual([]);
    }
  });
});

describe('the status', () => {
  it("a factor's status shows its owner a masked destination, and others nothing", async () => {
    const [owner, other] = [await stage.signUp(), await stage.signUp()];
    await stage.enrolPhone(owner, '+15553330003');
    await stage.call(
      'PUT',
      `/users/${owner.id}`,
      { ACL: { '*': { read: true }, [owner.id]: { read: true, write: true } } },
      owner.session,
    );
    const seen = await stage.call('GET', `/users/${owner.id}`, undefined, other.session);
    expect(seen.body['objectId']).toBe(owner.id);
    expect(JSON.stringify(seen.body)).not.toContain('0003');
    const own = await stage.call('GET', `/users/${owner.id}`, undefined, owner.session);
    expect(own.body['authData']).toEqual({ otp: { status: 'enabled', destination: '•••• 0003' } });
  });

  it.each([[{ status: 'enabled', destination: '•••• 0004' }], [{ status: 'enabled' }]])(
    'sending back the status as %j changes nothing',
    async (echo) => {
      const person = await stage.signUp();
      await stage.enrolPhone(person, '+15553330004');
      const read = (): Promise<unknown> => storedFactors(stage, person);
      const before = await read();
      expect((await stage.save(person, { otp: echo })).status).toBe(200);
      expect(await read()).toEqual(before);
      for (const forged of [
        { status: 'disabled' },
        { status: 'enabled', destination: '•••• 9999' },
        { status: 'enabled', extra: 'x' },
      ]) {
        expect((await stage.save(person, { otp: forged })).body['code']).toBe(142);
      }
      expect(await read()).toEqual(before);
      stage.time.now += DAY;
    },
  );
});

describe('keys', () => {
  it('rotating keys locks no user out: an old record opens, and is sealed with the new key at the next write', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const sealed = async (): Promise<unknown> => (await storedFactors(stage, person))['totp']?.['sealed'];
    expect(await sealed()).toMatch(/^1\.test\./);
    const clock = (): number => stage.time.now;
    const factors = {
      totp: new TotpFactor({ issuer: 'Acme' }),
      otp: new SmsOtpFactor({ channel: () => undefined, countries: ['US'] }),
    };
    const newer = generateKey('newer');
    const rotated = composeFactors({ keys: `${newer},${stage.keys}`, clock, factors });
    const foreign = composeFactors({ keys: newer, clock, factors });
    const { auth } = stage;
    const original = auth['totp'];
    try {
      auth['totp'] = foreign.auth.totp;
      const closed = await stage.logIn(person, { totp: stage.totp(secret) });
      expect(closed.body).toMatchObject({ code: 1, error: expect.stringMatching(/^unavailable: /) });
      expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');
      auth['totp'] = rotated.auth.totp;
      expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
      expect(await sealed()).toMatch(/^1\.newer\./);
      expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(400); // once, under either key
      stage.time.now += MINUTE;
      auth['totp'] = foreign.auth.totp;
      expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    } finally {
      auth['totp'] = original;
    }
  });
});
