import { randomBytes } from 'node:crypto';
import { MemoryOtpStore, type OtpStore } from '@parse-factors/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStage, type Stage } from './harness.js';

/** A store and a random source that fail when they are told to. */
let broken: keyof OtpStore | 'random' | undefined;
let stage: Stage;
beforeAll(async () => {
  const store = new Proxy(new MemoryOtpStore({ clock: () => stage.time.now }), {
    get:
      (memory, verb: keyof OtpStore) =>
      async (...given: never[]) => {
        if (verb === broken) throw new Error('connect ECONNREFUSED 10.0.0.7');
        return (memory[verb] as (...args: never[]) => unknown).apply(memory, given);
      },
  });
  const random = (size: number): Uint8Array => {
    if (broken === 'random') throw new Error('no entropy');
    return randomBytes(size);
  };
  stage = await startStage({ compose: { store, random } });
});
afterAll(() => stage.stop());
beforeEach(() => {
  broken = undefined;
  stage.time.now += 24 * 60 * 60_000;
});

const UNAVAILABLE = { code: 1, error: 'unavailable: The factor cannot be checked right now. Try again later.' };

describe('a fault', () => {
  it.each(['attempt', 'consume'] as const)(
    'of the store in %s lets nobody in, tells nothing, and the next honest try works',
    async (verb) => {
      const person = await stage.signUp();
      await stage.enrolPhone(person, verb === 'attempt' ? '+15554441001' : '+15554441002');
      stage.time.now += 60_000;
      const { username, password } = person;
      await stage.challenge({ username, password, challengeData: { otp: true } });
      const otp = stage.lastCode(stage.sms);
      broken = verb;
      expect((await stage.logIn(person, { otp })).body).toEqual(UNAVAILABLE);
      expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData otp');
      broken = undefined;
      expect((await stage.logIn(person, { otp })).status).toBe(200);
    },
  );

  it('of the store in advance lets no authenticator in, and no lasting lock is left', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    broken = 'advance';
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).body).toEqual(UNAVAILABLE);
    broken = undefined;
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it.each(['issue', 'count', 'random'] as const)('in %s sends nothing, and the next honest try works', async (verb) => {
    const person = await stage.signUp();
    const phone = `+1555444200${verb.length}`;
    const before = stage.sms.messages.length;
    broken = verb;
    const answer = await stage.challenge({ challengeData: { otp: { phone } } }, person.session);
    expect(answer.body).toEqual(UNAVAILABLE);
    expect(stage.sms.messages).toHaveLength(before);
    expect(stage.events.at(-1)).toMatchObject({ type: 'fault', userId: person.id });
    expect(JSON.stringify(stage.events)).not.toContain('10.0.0.7');
    broken = undefined;
    await stage.enrolPhone(person, phone);
  });
});
