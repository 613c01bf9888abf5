import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { HOUR } from '../support/time.js';

let stage: Stage;
afterEach(() => stage.stop());

const ask = (phone: string): Promise<Answer> => stage.challenge({ challengeData: { phoneLogin: { phone } } });

describe('messages to phones', () => {
  it('messages go only to numbers that can receive them, in the countries that were named', async () => {
    stage = await startStage({ phoneLogin: { countries: ['US', 'FR', 'GB'] } });
    const refused = {
      'premium rate': '+33899123456',
      'shared cost': '+33820123456',
      'toll free': '+18002345678',
      'United Kingdom, personal': '+447012345678',
      'United Kingdom, pager': '+447640123456',
      'fixed line': '+33142685300',
      'voice over IP': '+33987654321',
      'satellite, Iridium': '+881612345678',
      'satellite, Inmarsat': '+870773111632',
      'international network': '+883510012345',
      'a country that was not named': '+4915123456789',
      'not assigned': '+12025550123'.replace('0123', '9999999'),
    };
    for (const [what, phone] of Object.entries(refused)) {
      const answer = await ask(phone);
      expect([what, answer.status, slug(answer)]).toEqual([
        what,
        400,
        expect.stringMatching(/^(?:address_refused|invalid_input)$/),
      ]);
    }
    expect(stage.sms.messages).toEqual([]);
    expect((await ask('+33612345678')).status).toBe(200);
  });

  it('messages are held back where many go to one range of numbers', async () => {
    stage = await startStage({ phoneLogin: { maxSendsPerPrefix: 5, maxSendsPerIp: 1000 } });
    const number = (index: number): string => `+3361234${String(index).padStart(4, '0')}`;
    for (let index = 0; index < 5; index += 1) expect((await ask(number(index))).status).toBe(200);
    const refused = await ask(number(5));
    expect(slug(refused)).toBe('cooldown');
    expect(stage.sms.messages).toHaveLength(5);
    expect((await ask('+33612350000')).status).toBe(200);
    // Nor by the other factor with the same numbers once it counts itself; and an hour later again.
    stage.time.now += HOUR;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(number(100 + index))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  });

  it('messages are counted by country, with how many codes came back', async () => {
    stage = await startStage();
    for (let index = 0; index < 3; index += 1) await ask(`+3361234000${index}`);
    await ask('+15551230000');
    await stage.call('POST', '/users', { authData: { phoneLogin: { id: '+15551230000', code: stage.lastCode(stage.sms) } } });
    const counts = stage.events
      .filter(({ type }) => type === 'delivered' || type === 'verified')
      .map(({ type, country, sent, verified }) => ({ type, country, sent, verified }));
    expect(counts).toEqual([
      { type: 'delivered', country: 'FR', sent: 1, verified: 0 },
      { type: 'delivered', country: 'FR', sent: 2, verified: 0 },
      { type: 'delivered', country: 'FR', sent: 3, verified: 0 },
      { type: 'delivered', country: 'ZZ', sent: 1, verified: 0 },
      { type: 'verified', country: 'ZZ', sent: 1, verified: 1 },
    ]);
    stage.time.now += HOUR;
    await ask('+33612340009');
    expect(stage.events.at(-1)).toMatchObject({ type: 'delivered', country: 'FR', sent: 1, verified: 0 });
  });

  it('messages end with the line that lets browsers fill the code in', async () => {
    stage = await startStage({
      phoneLogin: { origin: 'acme.example' },
      sms: { origin: 'acme.example', message: ({ code }) => ({ subject: '', text: `Dein Code: ${code}` }) },
    });
    await ask('+33612345678');
    expect(stage.sms.messages.at(-1)?.text).toMatch(/^(\d{6}) is your code to sign in\. [^]*\n\n@acme\.example #\1$/);
    const person = await stage.signUp();
    await stage.challenge({ challengeData: { otp: { phone: '+33612345678' } } }, person.session);
    expect(stage.sms.messages.at(-1)?.text).toMatch(/^Dein Code: (\d{6})\n\n@acme\.example #\1$/);
  });
});
