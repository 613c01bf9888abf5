import { afterEach, describe, expect, it } from 'vitest';
import { cloudCode, removeAllHooks } from '../support/cloud-code.js';
import { mailServer } from '../support/mail-server.js';
import { ResetRig } from '../support/reset-rig.js';
import { DAY } from '../support/time.js';
import { VerificationRig } from '../support/verification-rig.js';

/** Attempts to have an unverified `email` count as verified, or as one whose owner may take the account over. */

let rig: ResetRig;
afterEach(async () => {
  await rig?.stage.stop();
  removeAllHooks();
});

interface Saved {
  dirty(field: string): boolean;
  get(field: string): unknown;
  set(field: string, value: unknown): void;
}

/** The application's own trigger: the user name is the address. It runs after the guard's. */
function copyUsername(extra?: (object: Saved) => void): void {
  const trigger = async ({ object }: { object: Saved }): Promise<void> => {
    if (!object.dirty('username')) return;
    object.set('email', object.get('username'));
    extra?.(object);
  };
  cloudCode().Cloud.beforeSave('_User', trigger as never);
}

/** Starts a server, and a user whose `email` is verified. */
async function verified(verifyUserEmails: boolean) {
  const verification = await VerificationRig.start({ server: { verifyUserEmails } });
  rig = verification.resets;
  const ann = await rig.stage.signUp({ email: 'ann@example.com' });
  const code = await verification.codeFor({ email: 'ann@example.com' });
  expect((await verification.verify({ email: 'ann@example.com', code, password: ann.password })).status).toBe(200);
  return { verification, ann };
}

describe.each([true, false])('an email that a trigger of the application changes, verifyUserEmails: %s', (verifyUserEmails) => {
  it('is not verified any more', async () => {
    const { verification, ann } = await verified(verifyUserEmails);
    copyUsername();
    expect((await verification.put(ann, { username: 'thief@example.com' })).status).toBe(200);
    expect(await verification.fields(ann, 'email', 'emailVerified')).toEqual({
      email: 'thief@example.com',
      emailVerified: false,
    });
  });

  it('does not let a stolen session go around the factors', async () => {
    const { verification, ann } = await verified(verifyUserEmails);
    await rig.stage.enrolTotp(ann);
    copyUsername();
    rig.later();
    const email = 'thief@example.com';
    expect((await verification.put(ann, { username: email })).status).toBe(200);
    rig.later();
    await rig.settled(); // notices
    rig.stage.mail.messages.length = 0;
    await rig.ask({ factor: 'email', email });
    await rig.settled();
    expect(rig.stage.mail.messages).toEqual([]);
    const code = '123456';
    expect((await rig.set({ factor: 'email', email, code, password: 'thief password' })).status).not.toBe(200);
  });
});

it('an email that a trigger writes unchanged, or as verified, keeps its mark', async () => {
  const { verification, ann } = await verified(false);
  const address = { to: 'ann@example.com' };
  copyUsername((object) => {
    object.set('email', address.to);
    if (address.to === 'known@example.com') object.set('emailVerified', true);
  });
  expect((await verification.put(ann, { username: 'ann2' })).status).toBe(200);
  expect(await verification.fields(ann, 'email', 'emailVerified')).toEqual({ email: 'ann@example.com', emailVerified: true });
  address.to = 'known@example.com';
  expect((await verification.put(ann, { username: 'ann3' })).status).toBe(200);
  expect(await verification.fields(ann, 'email', 'emailVerified')).toEqual({ email: 'known@example.com', emailVerified: true });
});

it('an email that a stolen session changed while Parse Server verified none is not taken over once it does', async () => {
  rig = (await VerificationRig.start({ server: { ...mailServer(), verifyUserEmails: false } })).resets;
  const ann = await rig.stage.signUp({ email: 'ann@example.com' });
  await rig.stage.enrolTotp(ann);
  const email = 'thief@example.com';
  expect((await rig.stage.call('PUT', `/users/${ann.id}`, { email }, ann.session)).status).toBe(200);
  await rig.settled();
  const { databaseUri, keys } = rig.stage;
  await rig.stage.stop();
  rig = await ResetRig.start({ databaseUri, compose: { keys } });
  rig.stage.time.now += DAY;
  await rig.ask({ factor: 'email', email });
  await rig.settled();
  expect(rig.stage.mail.messages).toEqual([]);
});
