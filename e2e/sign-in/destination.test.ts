import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStage, type Stage } from '../support/harness.js';
import { MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ sms: { destination: (user) => user.get('phone') as string | undefined } });
});
afterAll(() => stage.stop());

describe('destination: user => …', () => {
  it('a code goes to the number on the user object, which takes effect only once it is confirmed', async () => {
    const person = await stage.signUp({ phone: '+1 555 000 0006' });
    const nowhere = await stage.signUp();
    const none = await stage.challenge({ challengeData: { otp: true } }, nowhere.session);
    expect(none.body).toMatchObject({ code: 142, error: expect.stringMatching(/^invalid_input: /) });
    const foreign = await stage.challenge({ challengeData: { otp: { phone: '+15550000007' } } }, person.session);
    expect(foreign.body['error']).toMatch(/^address_refused: /);
    await stage.challenge({ challengeData: { otp: true } }, person.session);
    expect(stage.sms.messages).toHaveLength(1);
    expect(stage.sms.messages[0]?.to).toBe('+15550000006');
    expect((await stage.save(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);

    await stage.call('PUT', `/users/${person.id}`, { phone: '+15550000008' }, person.session);
    stage.time.now += 10 * MINUTE;
    await stage.challenge({ username: person.username, password: person.password, challengeData: { otp: true } });
    expect(stage.sms.messages.at(-1)?.to).toBe('+15550000006');
    expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);

    // With a fresh proof to the old number, the new one can be confirmed.
    stage.time.now += MINUTE;
    await stage.challenge({ challengeData: { otp: true } }, person.session);
    expect(stage.sms.messages.at(-1)?.to).toBe('+15550000006');
    expect((await stage.save(person, { otp: stage.lastCode(stage.sms) })).body['authDataResponse'].otp.status).toBe('verified');
    await stage.challenge({ challengeData: { otp: true } }, person.session);
    expect(stage.sms.messages.at(-1)?.to).toBe('+15550000008');
    expect((await stage.save(person, { otp: stage.lastCode(stage.sms) })).body['authDataResponse'].otp).toMatchObject({
      status: 'enabled',
      destination: '•••• 0008',
    });
  });
});
