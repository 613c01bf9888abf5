// @compat-major
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { createDatabase } from '@parse-factors/test-server/database/test-database';
import type { Person } from '@parse-factors/test-server/parse-server';
import { slug } from '../support/harness.js';
import { MOBILE, OTHER_SECRET, pass, SECRET, startBuiltIn, startCompat, totp, type MfaRig } from '../support/mfa-rig.js';
import { MASTER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';

const people: Record<string, Person> = {};
const codes: Record<string, readonly string[]> = {};
const someone = (name: string): Person => {
  const person = people[name];
  if (person === undefined) throw new Error(name);
  return person;
};
const AUTHENTICATED = ['ann', 'ben', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal', 'ivy', 'joe'];

let uri: string;
let rig: MfaRig;
let time = Date.now();
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  uri = await createDatabase(inject('database'));
  const old = await startBuiltIn(inject('database'), {}, uri);
  for (const name of AUTHENTICATED) {
    people[name] = await old.signUp();
    codes[name] = await old.enrolTotp(someone(name));
  }
  for (const name of ['mia', 'ned']) await old.enrolMobile((people[name] = await old.signUp()));
  await old.logIn(someone('ned'), { token: 'request' });
  for (const name of ['pat', 'quin']) await old.save((people[name] = await old.signUp()), { mobile: '+15557650001' });
  expect(await old.stored(someone('ann'))).toMatchObject({ secret: SECRET });
  expect(await old.stored(someone('ned'))).toMatchObject({ mobile: MOBILE, token: expect.any(String) });
  expect(Object.keys((await old.stored(someone('pat'))) ?? {})).toEqual(['pending']);
  await old.stop();
  rig = await startCompat(inject('database'), { install: { adminFunctions: true } }, uri);
});
afterAll(() => rig.stop());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  time += 24 * 3_600_000;
  vi.setSystemTime(time);
});
afterEach(() => vi.useRealTimers());

const SEALED = { sealed: expect.any(String), secret: '-', mobile: '-' };

describe('what the built-in adapter has stored', () => {
  it('a record of the built-in adapter demands a second factor from the first login on, and shows what it showed', async () => {
    expect((await rig.logIn(someone('ann'))).body).toEqual({ code: -1, error: 'Missing additional authData mfa' });
    expect(await rig.shown(someone('ann'))).toEqual({ status: 'enabled' });
    expect(await rig.stored(someone('ann'))).toMatchObject({ secret: SECRET });
  });

  it('a record of the built-in adapter is sealed by a login with a token, and its recovery codes work once each', async () => {
    const ann = someone('ann');
    expect((await rig.logIn(ann, { token: '000000' })).status).toBe(400);
    expect(await rig.stored(ann)).toMatchObject({ secret: SECRET });
    expect((await rig.logIn(ann, { token: totp(SECRET) })).status).toBe(200);
    expect(await rig.stored(ann)).toEqual(SEALED);
    for (const token of codes['ann'] ?? []) {
      expect((await rig.logIn(ann, { token })).status).toBe(200);
      expect(slug(await rig.logIn(ann, { token }))).toBe('code_rejected');
    }
  });

  it('a record of the built-in adapter is sealed by a login with a recovery code, of which one of 20 parallel ones counts', async () => {
    const ben = someone('ben');
    const [token] = codes['ben'] ?? [];
    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.logIn(ben, { token })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await rig.stored(ben)).toEqual(SEALED);
    pass(3_600_000);
    expect((await rig.logIn(ben, { token: codes['ben']?.[1] })).status).toBe(200);
    expect((await rig.logIn(ben, { token: totp(SECRET) })).status).toBe(200);
  });

  it('a record of the built-in adapter is sealed by a proof, and by a new authenticator with a token of the old one', async () => {
    const [cy, dan] = [someone('cy'), someone('dan')];
    expect((await rig.save(cy, { token: totp(SECRET) })).body['authDataResponse'].mfa).toMatchObject({ status: 'verified' });
    expect(await rig.stored(cy)).toEqual(SEALED);
    const mfa = { old: totp(SECRET), secret: OTHER_SECRET, token: totp(OTHER_SECRET) };
    expect((await rig.save(dan, mfa)).status).toBe(200);
    expect(await rig.stored(dan)).toEqual(SEALED);
    pass(MINUTE);
    expect(slug(await rig.logIn(dan, { token: codes['dan']?.[0] }))).toBe('code_rejected');
    expect((await rig.logIn(dan, { token: totp(OTHER_SECRET) })).status).toBe(200);
  });

  it('a record of the built-in adapter sends codes to its confirmed number, and is sealed', async () => {
    const ned = someone('ned');
    const stale = String((await rig.stored(ned))?.['token']);
    expect(stale).toMatch(/^[0-9]{6}$/);
    expect(slug(await rig.logIn(ned, { token: stale }))).toBe('code_expired');
    expect((await rig.logIn(ned, { token: 'request' })).body['error']).toContain('Please enter the token');
    expect(rig.sms.at(-1)?.mobile).toBe(MOBILE);
    expect((await rig.logIn(ned, { token: rig.lastToken() })).status).toBe(200);
    expect(await rig.stored(ned)).toEqual(SEALED);
    await rig.logIn(someone('mia'), { token: 'request' });
    expect((await rig.logIn(someone('mia'), { token: rig.lastToken() })).status).toBe(200);
  });

  it('a number of the built-in adapter that was not confirmed gates no login, and is begun anew', async () => {
    const pat = someone('pat');
    expect((await rig.logIn(pat)).status).toBe(200);
    expect(await rig.shown(pat)).toEqual({ status: 'disabled' });
    expect((await rig.save(pat, { status: 'disabled' })).status).toBe(200);
    expect(slug(await rig.logIn(pat, { token: '123456' }))).toBe('session_required');
    const stale = Object.values((await rig.stored(pat))?.['pending'] as Record<string, { token: string }>)[0]?.token;
    expect(slug(await rig.save(pat, { mobile: '+15557650001', token: stale }))).toBe('code_expired');
    await rig.enrolMobile(pat, '+15557650002');
    expect(await rig.stored(pat)).toEqual(SEALED);
    expect((await rig.logIn(pat)).body['error']).toBe('Missing additional authData mfa');
  });

  it('a record of the built-in adapter is removed only by the master key or a session with a fresh proof', async () => {
    const [eve, fay] = [someone('eve'), someone('fay')];
    expect(slug(await rig.save(eve, null))).toBe('fresh_proof_required');
    expect(await rig.stored(eve)).toMatchObject({ secret: SECRET });
    expect((await rig.save(eve, { token: totp(SECRET) })).status).toBe(200);
    expect((await rig.save(eve, null)).status).toBe(200);
    expect((await rig.call('PUT', `/users/${fay.id}`, { authData: { mfa: null } }, MASTER)).status).toBe(200);
    for (const person of [eve, fay])
      expect([await rig.stored(person), (await rig.logIn(person)).status]).toEqual([undefined, 200]);
  });

  it('a removed record of the built-in adapter stays removed, whatever login is under way', async () => {
    for (const name of ['gus', 'hal', 'ivy']) {
      const person = someone(name);
      await Promise.all([
        rig.logIn(person, { token: totp(SECRET) }),
        rig.call('POST', '/functions/factorsReset', { userId: person.id }, MASTER),
        rig.logIn(person, { token: codes[name]?.[0] }),
      ]);
      expect(await rig.stored(person)).toBeUndefined();
    }
  });

  it('a record of the built-in adapter is nowhere readable once it was used', async () => {
    const used = ['ann', 'ben', 'cy', 'dan', 'ned', 'mia', 'pat'];
    for (const name of used) {
      const text = JSON.stringify(await rig.stored(someone(name)));
      for (const told of [SECRET, OTHER_SECRET, MOBILE, ...(codes[name] ?? [])]) expect(text).not.toContain(told);
    }
  });
});

describe('afterwards', () => {
  it('a record that is not sealed opens no session where adopting is switched off, and sealed ones keep working', async () => {
    await rig.stop();
    rig = await startCompat(inject('database'), { keys: rig.keys, compat: { adoptRecords: false } }, uri);
    expect(slug(await rig.logIn(someone('joe'), { token: totp(SECRET) }))).toBe('unavailable');
    expect((await rig.logIn(someone('joe'))).status).toBe(400);
    expect((await rig.logIn(someone('ann'), { token: totp(SECRET) })).status).toBe(200);
  });

  it.each([[['SMS', 'TOTP']], [['TOTP']], [['SMS']]] as const)(
    'the built-in adapter, put back, opens no session with a sealed record: %j',
    async (options) => {
      await rig.stop();
      rig = Object.assign(await startBuiltIn(inject('database'), { options }, uri), { keys: rig.keys });
      for (const token of ['', 'x', '-', '000000', totp(SECRET), 'request', null, {}, undefined]) {
        for (const name of ['ann', 'mia'])
          expect([token, (await rig.logIn(someone(name), { token })).body['sessionToken']]).toEqual([token, undefined]);
      }
      expect(rig.sms).toHaveLength(0);
    },
  );
});
