import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench, type Bench } from './harness.js';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ sms: { destination: (user) => user.get('phone') as string | undefined } });
});
afterAll(() => bench.stop());

describe('destination: user => …', () => {
  it('sends to the number on the user object, which takes effect only once confirmed', async () => {
    const person = await bench.signUp({ phone: '+1 555 000 0006' });
    const nowhere = await bench.signUp();
    const none = await bench.challenge({ challengeData: { otp: true } }, nowhere.session);
    expect(none.body).toMatchObject({ code: 142, error: expect.stringMatching(/^invalid_input: /) });
    const foreign = await bench.challenge({ challengeData: { otp: { phone: '+15550000007' } } }, person.session);
    expect(foreign.body['error']).toMatch(/^address_refused: /);
    await bench.challenge({ challengeData: { otp: true } }, person.session);
    expect(bench.sms.messages).toHaveLength(1);
    expect(bench.sms.messages[0]?.to).toBe('+15550000006');
    expect((await bench.save(person, { otp: bench.lastCode(bench.sms) })).status).toBe(200);

    await bench.call('PUT', `/users/${person.id}`, { phone: '+15550000008' }, person.session);
    bench.time.now += 10 * 60_000;
    await bench.challenge({ username: person.username, password: person.password, challengeData: { otp: true } });
    expect(bench.sms.messages.at(-1)?.to).toBe('+15550000006');
    expect((await bench.logIn(person, { otp: bench.lastCode(bench.sms) })).status).toBe(200);

    // With a fresh proof to the old number, the new one can be confirmed.
    bench.time.now += 60_000;
    await bench.challenge({ challengeData: { otp: true } }, person.session);
    expect(bench.sms.messages.at(-1)?.to).toBe('+15550000006');
    expect((await bench.save(person, { otp: bench.lastCode(bench.sms) })).body['authDataResponse'].otp.status).toBe('verified');
    await bench.challenge({ challengeData: { otp: true } }, person.session);
    expect(bench.sms.messages.at(-1)?.to).toBe('+15550000008');
    expect((await bench.save(person, { otp: bench.lastCode(bench.sms) })).body['authDataResponse'].otp).toMatchObject({
      status: 'enabled',
      destination: '•••• 0008',
    });
  });
});
