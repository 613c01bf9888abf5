import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench, type Bench } from './harness.js';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

describe('an SMS code by REST', () => {
  it('is asked for, confirms the phone, and is then needed to log in', async () => {
    const person = await bench.signUp();
    const asked = await bench.challenge({ challengeData: { otp: { phone: '+1 (555) 123-4567' } } }, person.session);
    expect(asked).toMatchObject({
      status: 200,
      body: {
        challengeData: {
          otp: { status: 'sent', destination: '•••• 4567', expiresAt: '2026-11-21T12:05:00.000Z', resendAt: '2026-11-21T12:01:00.000Z' },
        },
      },
    });
    expect(bench.sms.messages.at(-1)?.to).toBe('+15551234567');
    const code = bench.lastCode(bench.sms);
    const confirmed = await bench.save(person, { otp: { phone: '+15551234567', code } });
    expect(confirmed.body).toMatchObject({ authDataResponse: { otp: { status: 'enabled', destination: '•••• 4567' } } });

    const without = await bench.logIn(person);
    expect(without.body).toMatchObject({ code: -1, error: expect.stringContaining('Missing additional authData otp') });
    const again = await bench.logIn(person, { otp: code });
    expect(again.body).toMatchObject({ code: 210, error: expect.stringMatching(/^code_expired: /) });

    bench.time.now += 60_000;
    const { username, password } = person;
    await bench.challenge({ username, password, challengeData: { otp: true } });
    const login = await bench.logIn(person, { otp: bench.lastCode(bench.sms) });
    expect(login).toMatchObject({ status: 200, body: { sessionToken: expect.any(String), authData: { otp: { status: 'enabled', destination: '•••• 4567' } } } });
    const replay = await bench.logIn(person, { otp: { code: bench.lastCode(bench.sms) } });
    expect(replay.body['error']).toMatch(/^code_expired: /);
  });
});
