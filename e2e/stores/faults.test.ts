// @compat
import { randomBytes } from 'node:crypto';
import { MemoryOtpStore } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStage, type Stage } from '../support/harness.js';
import { DAY, MINUTE } from '../support/time.js';
import { countSessions } from '../support/rows.js';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';
import { onPostgres } from '@parse-factors/test-server/database/test-database';

/** A store and a random source that fail when they are told to. */
let broken: keyof MemoryOtpStore | 'random' | undefined;
let stage: Stage;

/** @param redeems whether the store counts, compares and spends in one step */
async function startBreakable(redeems: boolean): Promise<void> {
  const store = new Proxy(new MemoryOtpStore({ clock: () => stage.time.now }), {
    get: (memory, verb: keyof MemoryOtpStore) => {
      if (verb === 'redeem' && !redeems) return undefined;
      return async (...given: never[]) => {
        if (verb === broken) throw new Error('connect ECONNREFUSED 10.0.0.7');
        return (memory[verb] as (...args: never[]) => unknown).apply(memory, given);
      };
    },
  });
  const random = (size: number): Uint8Array => {
    if (broken === 'random') throw new Error('no entropy');
    return randomBytes(size);
  };
  stage = await startStage({
    install: true,
    compose: { store, random },
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
  });
}
beforeEach(() => {
  broken = undefined;
  stage.time.now += DAY;
});

const UNAVAILABLE = { code: 1, error: 'unavailable: The server cannot check this right now. Try again later.' };

describe.each([
  { redeems: false, verbs: ['attempt', 'consume'] as const },
  { redeems: true, verbs: ['redeem'] as const },
])('a fault of a store, whose redeem is there: $redeems', ({ redeems, verbs }) => {
  beforeAll(() => startBreakable(redeems));
  afterAll(() => stage.stop());

  it.each(verbs)('a fault in %s lets no user in, tells nothing, and the next honest try works', async (verb) => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, `+1555444100${verb.length}`);
    stage.time.now += MINUTE;
    const { username, password } = person;
    await stage.challenge({ username, password, challengeData: { otp: true } });
    const otp = stage.lastCode(stage.sms);
    broken = verb;
    expect((await stage.logIn(person, { otp })).body).toEqual(UNAVAILABLE);
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData otp');
    broken = undefined;
    expect((await stage.logIn(person, { otp })).status).toBe(200);
  });
});

describe('a fault', () => {
  beforeAll(() => startBreakable(true));
  afterAll(() => stage.stop());

  it('a fault of the store beforehand lets no authenticator in, and leaves no lasting lock', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    broken = 'advance';
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).body).toEqual(UNAVAILABLE);
    broken = undefined;
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('a fault of the store after a factor was stored or removed keeps no other session', async () => {
    const person = await stage.signUp();
    const others = async (): Promise<number> => (await countSessions(stage, person)) - 1;
    await stage.logIn(person);
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const { secret } = body['challengeData'].totp as { secret: string };
    broken = 'issue'; // which notes that the session is fresh
    expect((await stage.save(person, { totp: stage.totp(secret) })).body).toEqual(UNAVAILABLE);
    expect(await others()).toBe(0);
    expect(stage.events).toContainEqual(expect.objectContaining({ type: 'enrolled', userId: person.id }));
    broken = undefined;
    stage.time.now += MINUTE;
    const totp = stage.totp(secret);
    expect((await stage.logIn(person, { totp })).status).toBe(200);
    stage.time.now += MINUTE;
    expect((await stage.save(person, { totp: stage.totp(secret) })).status).toBe(200);
    expect(await others()).toBe(1);
    broken = 'forget'; // which ends what sessions have proven
    expect((await stage.save(person, { totp: null })).body).toEqual(UNAVAILABLE);
    expect(await others()).toBe(0);
    broken = undefined;
    expect((await stage.logIn(person)).status).toBe(200);
  });

  it.each(['issue', 'count', 'random'] as const)('a fault in %s sends nothing, and the next honest try works', async (verb) => {
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

/** Makes every change of a user's row fail from now on, by a trigger of Postgres; gives an end to it. */
async function breakUsers(): Promise<() => Promise<void>> {
  const sql = sqlOf(stage);
  await sql.query(`create function refuse() returns trigger language plpgsql as 'begin raise exception ''disk full''; end'`);
  await sql.query(`create trigger refuse before update on "_User" for each row execute function refuse()`);
  return async () => {
    await sql.query(`drop trigger refuse on "_User"`);
    await sql.query(`drop function refuse`);
  };
}

describe("a fault of the database in a user's row", () => {
  beforeAll(() => startBreakable(true));
  afterAll(() => stage.stop());

  it.runIf(onPostgres)('a fault of the store lets no recovery code and no device in, and both work afterwards', async () => {
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const device = await stage.save(person, { device: { remember: 'true', name: 'Laptop' } });
    const { token } = device.body['authDataResponse'].device as { token: string };
    const made = await stage.save(person, { recovery: { generate: 'true' } });
    const [recovery] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    const mend = await breakUsers();
    expect((await stage.logIn(person, { recovery })).body).toEqual(UNAVAILABLE);
    expect((await stage.logIn(person, { device: { token } })).body).toEqual(UNAVAILABLE);
    await mend();
    expect((await stage.logIn(person, { recovery })).status).toBe(200);
    expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
  });

  it('a fault of the random source makes no codes and trusts no device', async () => {
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    broken = 'random';
    expect((await stage.save(person, { recovery: { generate: 'true' } })).body).toEqual(UNAVAILABLE);
    expect((await stage.save(person, { device: { remember: 'true' } })).body).toEqual(UNAVAILABLE);
    broken = undefined;
    expect((await stage.save(person, { recovery: { generate: 'true' } })).status).toBe(200);
  });

  it('a fault that keeps the guard from looking removes nothing', async () => {
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    broken = 'attempt';
    expect((await stage.save(person, { totp: null })).body).toEqual(UNAVAILABLE);
    broken = undefined;
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');
  });
});
