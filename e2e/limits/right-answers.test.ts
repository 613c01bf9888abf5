import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startPasskeyStage({ maxPasskeys: 20 }, { more: { recovery: new RecoveryCodesFactor({ count: 20 }) } });
});
afterAll(() => stage.stop());

/** What the clock does between two answers. */
const CLOCKS = [
  ['stands still', 0],
  ['steps back each time', -1000],
] as const;

describe.each(CLOCKS)('while the clock %s, right answers do not lock', (_name, stepMs) => {
  it('right answers of a passkey as a second factor do not lock it', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    const passkey = await user.add();
    for (let round = 0; round < 12; round += 1) {
      expect((await user.logIn(passkey)).status).toBe(200);
      stage.time.now += stepMs;
    }
  });

  it('right fresh proofs by a passkey do not lock it', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    const passkey = await user.add();
    for (let round = 0; round < 12; round += 1) {
      expect((await user.prove(passkey)).status).toBe(200);
      stage.time.now += stepMs;
    }
  });

  it('adding passkeys does not lock them', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    for (let round = 0; round < 12; round += 1) {
      await user.add(new SoftAuthenticator(ORIGIN));
      stage.time.now += stepMs;
    }
  });

  it('right recovery codes do not lock them', async () => {
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const made = await stage.save(person, { recovery: { generate: 'true' } });
    for (const recovery of String(made.body['authDataResponse'].recovery.codes).split(', ')) {
      expect((await stage.logIn(person, { recovery })).status).toBe(200);
      stage.time.now += stepMs;
    }
  });

  it('wrong answers still lock', async () => {
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const made = await stage.save(person, { recovery: { generate: 'true' } });
    const [recovery] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    const wrong = 'AAAA-AAAA-AAAA-AAAA';
    for (let round = 0; round < 10; round += 1) {
      expect(slug(await stage.logIn(person, { recovery: wrong }))).toBe('code_rejected');
      stage.time.now += stepMs;
    }
    expect(slug(await stage.logIn(person, { recovery }))).toBe('locked');
    stage.time.now += 16 * MINUTE;
    expect((await stage.logIn(person, { recovery })).status).toBe(200);
  });
});
