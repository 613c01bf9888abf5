import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { HOUR, MINUTE } from '../support/time.js';

const MESSAGES = 10;
const WINDOW = HOUR;
const conversion = { minPercent: 50, messages: MESSAGES, windowMs: WINDOW };

let stage: Stage;
let background: Promise<unknown>[];
afterEach(() => stage.stop());

/** Starts a server whose two phone factors close countries. */
async function start(options: Parameters<typeof startStage>[0] = {}): Promise<void> {
  background = [];
  const phones = { conversion, maxSendsPerIp: 1000 };
  stage = await startStage({
    ...options,
    sms: { ...phones, ...options.sms },
    phoneLogin: { ...phones, ...options.phoneLogin },
    install: { adminFunctions: true },
    compose: { waitUntil: (work) => background.push(work) },
  });
}

const french = (index: number): string => `+3361234${String(index).padStart(4, '0')}`;
const american = (index: number): string => `+1555123${String(index).padStart(4, '0')}`;
const ask = (phone: string): Promise<Answer> => stage.challenge({ challengeData: { phoneLogin: { phone } } });

/** Signs up with the last code, and waits until it is counted as returned. */
async function comeBack(phone: string): Promise<void> {
  const authData = { phoneLogin: { id: phone, code: stage.lastCode(stage.sms) } };
  expect((await stage.call('POST', '/users', { authData })).status).toBe(201);
  await Promise.all(background);
}

/** Asks for codes to new French numbers until none is sent. Returns the numbers that got one. */
async function close(from = 0): Promise<number> {
  for (let index = from; ; index += 1) {
    const answer = await ask(french(index));
    if (answer.status !== 200) {
      expect(slug(answer)).toBe('cooldown');
      return index - from;
    }
  }
}

const reopen = (params: object, headers = MASTER): Promise<Answer> =>
  stage.call('POST', '/functions/factorsOpenCountry', params, headers);

const eventsOf = (type: string): object[] =>
  stage.events.filter((event) => event.type === type).map(({ factor, country, retryAt }) => ({ factor, country, retryAt }));

describe('a country whose codes do not come back', () => {
  it('is closed until the window ends, and one event says so', async () => {
    await start();
    const until = stage.time.now + WINDOW;
    expect(await close()).toBe(MESSAGES);
    stage.time.now += 30 * MINUTE;
    const refused = await ask(french(99));
    expect(refused.body).toMatchObject({ code: 155, error: expect.stringContaining(new Date(until).toISOString()) });
    expect(stage.sms.messages).toHaveLength(MESSAGES);
    expect(eventsOf('country_closed')).toEqual([{ factor: 'phoneLogin', country: 'FR', retryAt: until }]);
    expect((await ask(american(1))).status).toBe(200);
    stage.time.now = until;
    expect((await ask(french(99))).status).toBe(200);
  });

  it('takes no message more when 40 ask at the same moment', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(french(index))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(MESSAGES);
    expect(stage.sms.messages).toHaveLength(MESSAGES);
    expect(eventsOf('country_closed')).toHaveLength(1);
  });

  it('stays open while enough of its codes come back', async () => {
    await start();
    // Half of them do, which is what is demanded.
    for (let index = 0; index < 4 * MESSAGES; index += 1) {
      expect((await ask(french(index))).status).toBe(200);
      if (index % 2 === 1) await comeBack(french(index));
    }
    expect(eventsOf('country_closed')).toEqual([]);
    // No store of messages is built up by them.
    expect(await close(1000)).toBe(MESSAGES);
  });

  it('is closed although some of its codes come back', async () => {
    await start();
    let sent = 0;
    // Every fourth does. Each restores two messages of four, so two of four are used up.
    for (; (await ask(french(sent))).status === 200; sent += 1) if (sent % 4 === 3) await comeBack(french(sent));
    expect(sent).toBeGreaterThanOrEqual(2 * MESSAGES - 2);
    expect(sent).toBeLessThanOrEqual(2 * MESSAGES + 2);
  });

  it('opens again as its codes come back late', async () => {
    await start();
    const index = (await close()) - 1;
    await comeBack(french(index));
    expect((await ask(french(50))).status).toBe(200);
    expect((await ask(french(51))).status).toBe(200);
    expect(slug(await ask(french(52)))).toBe('cooldown');
  });

  it('counts no message that no channel accepted', async () => {
    let isDown = true;
    await start({
      phoneLogin: {
        channel: {
          name: 'sms',
          send: async (delivery) => {
            if (isDown) throw new Error('down');
            await stage.sms.send(delivery);
          },
        },
      },
    });
    for (let index = 0; index < 2 * MESSAGES; index += 1) expect(slug(await ask(french(index)))).toBe('delivery_failed');
    isDown = false;
    expect(await close(100)).toBe(MESSAGES);
  });

  it('does not count a number without an account, where `signUp` is off and no message leaves', async () => {
    await start({ phoneLogin: { signUp: false } });
    for (let index = 0; index < 2 * MESSAGES; index += 1) {
      expect((await ask(french(index))).status).toBe(200);
      await Promise.all(background);
    }
    expect(stage.sms.messages).toEqual([]);
    expect(eventsOf('country_closed')).toEqual([]);
  });

  it('never keeps out a user whose number is set up, and adds no further number', async () => {
    await start();
    const person = await stage.signUp();
    await stage.enrolPhone(person, french(9000));
    await Promise.all(background);
    for (let index = 0; index < MESSAGES; index += 1) {
      const { session } = await stage.signUp();
      expect((await stage.challenge({ challengeData: { otp: { phone: french(index) } } }, session)).status).toBe(200);
    }
    const late = await stage.signUp();
    expect(slug(await stage.challenge({ challengeData: { otp: { phone: french(99) } } }, late.session))).toBe('cooldown');
    const { username, password } = person;
    expect((await stage.challenge({ username, password, challengeData: { otp: true } })).status).toBe(200);
    expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
    expect((await stage.challenge({ challengeData: { otp: true } }, person.session)).status).toBe(200);
    // Codes for a number that is set up restore nothing either.
    expect(slug(await stage.challenge({ challengeData: { otp: { phone: french(99) } } }, late.session))).toBe('cooldown');
  });
});

describe('an administrator', () => {
  it('opens a closed country again, with nothing counted', async () => {
    await start();
    await close();
    expect((await reopen({ factor: 'phoneLogin', country: 'FR' })).body).toEqual({ result: 'FR' });
    expect(eventsOf('country_opened')).toEqual([{ factor: 'phoneLogin', country: 'FR' }]);
    expect(await close(100)).toBe(MESSAGES);
    expect(eventsOf('country_closed')).toHaveLength(2);
  });

  it.each<readonly [string, object]>([
    ['for a factor that closes none', { factor: 'totp', country: 'FR' }],
    ['for a factor that there is not', { factor: 'constructor', country: 'FR' }],
    ['for something that is no country', { factor: 'phoneLogin', country: 'france' }],
    ['with other parameters', { factor: 'phoneLogin', country: 'FR', force: true }],
  ])('is refused %s', async (_when, params) => {
    await start();
    await close();
    expect(slug(await reopen(params))).toBe('invalid_input');
    expect((await reopen({ factor: 'phoneLogin', country: 'FR' }, {})).body['error']).toContain('Master key is required');
    expect(slug(await ask(french(99)))).toBe('cooldown');
    expect(eventsOf('country_opened')).toEqual([]);
  });
});
