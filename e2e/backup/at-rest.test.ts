import { composeFactors, generateKey } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TotpFactor } from '@parse-factors/totp';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { storedFactors, storeFactor } from '../support/rows.js';
import { equipped } from '../support/people.js';

/** What is stored of recovery codes and trusted devices. */

let stage: Stage;
const standIns = () => ({ recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() });
beforeAll(async () => {
  stage = await startStage({ install: true, more: standIns() });
});
afterAll(() => stage.stop());

const stored = async (person: Person, key: string): Promise<unknown> => (await storedFactors(stage, person))[key]?.['sealed'];

it('a dump of the database contains no recovery code, no device token and no device name', async () => {
  const { person, codes, token } = await equipped(stage, 'Laptop of Ann');
  await stage.logIn(person, { recovery: codes[0] });
  await stage.logIn(person, { device: { token } });
  const dump = await stage.rows.dump();
  const secrets = [...codes, ...codes.map((code) => code.replaceAll('-', '')), ...token.split('.'), 'Laptop of Ann'];
  for (const secret of secrets) expect([secret, dump.includes(secret)]).toEqual([secret, false]);
  const events = JSON.stringify(stage.events);
  for (const secret of secrets) expect([secret, events.includes(secret)]).toEqual([secret, false]);
});

it('a record of a backup authenticator opens for no other user, and under no other key of auth', async () => {
  const [owner, thief] = [await equipped(stage, 'Laptop of Ann'), await equipped(stage, 'Laptop of Ann')];
  const copy = async (from: string, to: string): Promise<void> => {
    await storeFactor(stage, thief.person, to, { sealed: await stored(owner.person, from) });
  };
  await copy('recovery', 'recovery');
  expect(slug(await stage.logIn(thief.person, { recovery: owner.codes[0] }))).toBe('unavailable');
  await copy('recovery', 'device');
  expect(slug(await stage.logIn(thief.person, { device: { token: thief.token } }))).toBe('unavailable');
  expect((await stage.logIn(thief.person)).body['error']).toContain('Missing additional authData');
});

it('records of backup authenticators outlive a rotation of keys, with the old key dropped', async () => {
  const { person, codes, token } = await equipped(stage, 'Laptop of Ann');
  const clock = (): number => stage.time.now;
  const newer = generateKey('newer');
  const compose = (keys: string) =>
    composeFactors({ keys, clock, selfCheck: false, factors: { totp: new TotpFactor({ issuer: 'Acme' }), ...standIns() } });
  const originals = { ...stage.auth };
  try {
    Object.assign(stage.auth, compose(`${newer},${stage.keys}`).auth);
    expect((await stage.logIn(person, { recovery: codes[0] })).status).toBe(200);
    const login = await stage.logIn(person, { device: { token } });
    expect(
      [await stored(person, 'recovery'), await stored(person, 'device')].every((sealed) => String(sealed).startsWith('1.newer.')),
    ).toBe(true);
    Object.assign(stage.auth, compose(newer).auth);
    expect(slug(await stage.logIn(person, { recovery: codes[0] }))).toBe('code_rejected');
    expect((await stage.logIn(person, { recovery: codes[1] })).status).toBe(200);
    const renewed = login.body['authDataResponse'].device as object;
    expect((await stage.logIn(person, { device: renewed })).status).toBe(200);
  } finally {
    Object.assign(stage.auth, originals);
  }
});
