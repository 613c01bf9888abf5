// @compat
import type { ComposeOptions, Place, PolicyOption } from '@parse-factors/core';
import { demandWhen, FACTOR_DEVICE_CLASS, idleFor, impossibleTravel, newCountry, newDevice } from '@parse-factors/core';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { countStatements } from '@parse-factors/test-server/count-statements';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { enrolled } from '../support/people.js';
import { credentials, MASTER } from '../support/requests.js';
import { DAY, HOUR, MINUTE } from '../support/time.js';

/** Devices that a user has signed in from: the notice of a new one, and policies that ask for them. */

let stage: Stage;
const background: Promise<unknown>[] = [];
afterEach(() => stage.stop());

async function start(compose: Partial<ComposeOptions> = {}): Promise<void> {
  const clientIp: ComposeOptions['clientIp'] = ({ headers }) => String(headers['x-test-ip'] ?? '');
  stage = await startStage({
    install: { pruneJob: true, adminFunctions: true },
    compose: { notices: true, clientIp, waitUntil: (work) => void background.push(work), ...compose },
  });
}

interface From {
  readonly installation?: string;
  readonly agent?: string;
  readonly ip?: string;
}

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

const logIn = (
  person: Person,
  { installation, agent = CHROME, ip = '192.0.2.1' }: From = {},
  authData?: object,
): Promise<Answer> =>
  stage.call(
    'POST',
    '/login',
    { ...credentials(person), ...(authData && { authData }) },
    { 'User-Agent': agent, 'X-Test-Ip': ip, ...(installation !== undefined && { 'X-Parse-Installation-Id': installation }) },
  );

async function settled(): Promise<void> {
  while (background.length > 0) await background.shift();
}

/** The notices about a new device since the last look. */
async function notices(): Promise<readonly string[]> {
  await settled();
  const found = stage.mail.messages.filter(({ text }) => text.includes('new device')).map(({ to }) => to);
  stage.mail.messages.length = 0;
  return found;
}

/** A user with an address, who has signed in from one device. */
async function known(from: From = { installation: 'laptop' }): Promise<Person> {
  const { person, secret } = await enrolled(stage);
  await stage.enrolEmail(person, 'ann@example.com');
  stage.time.now += 11 * MINUTE;
  expect((await logIn(person, from, { totp: stage.totp(secret) })).status).toBe(200);
  await notices();
  stage.time.now += 11 * MINUTE;
  return Object.assign(person, { secret });
}

const again = async (person: Person, from: From): Promise<void> => {
  const answer = await logIn(person, from, { totp: stage.totp(Reflect.get(person, 'secret') as string) });
  expect([answer.status, answer.body['error']]).toEqual([200, undefined]);
  stage.time.now += MINUTE;
};

const newDevices = (): number => stage.events.filter(({ type }) => type === 'new_device').length;

describe('the notice of a new device', () => {
  it('goes to every known address, once for each device; the first sign-in of all is silent', async () => {
    await start();
    const person = await stage.signUp();
    await stage.enrolEmail(person, 'bea@example.com');
    expect(newDevices()).toBe(0);
    expect(await notices()).toEqual([]);
    const ann = await known();
    const before = newDevices();
    await again(ann, { installation: 'laptop', agent: 'other', ip: '203.0.113.9' });
    expect([newDevices() - before, await notices()]).toEqual([0, []]);
    await again(ann, { installation: 'phone' });
    expect([newDevices() - before, await notices()]).toEqual([1, ['ann@example.com']]);
    await again(ann, { installation: 'phone' });
    expect([newDevices() - before, await notices()]).toEqual([1, []]);
  });

  it('tells clients without an installation by browser, system and network, whatever their versions', async () => {
    await start();
    const ann = await known({});
    await again(ann, { agent: CHROME.replace('140', '141') });
    expect(await notices()).toEqual([]);
    await again(ann, { agent: CHROME.replace('Windows NT 10.0', 'X11; Linux x86_64') });
    expect(await notices()).toHaveLength(1);
    await again(ann, { ip: '198.51.100.1' });
    expect(await notices()).toHaveLength(1);
    await again(ann, {});
    expect(await notices()).toEqual([]);
  });

  it('a device is known for 180 days from its last use', async () => {
    await start();
    const ann = await known();
    for (let round = 0; round < 4; round += 1) {
      stage.time.now += 100 * DAY;
      await again(ann, { installation: 'laptop' });
    }
    expect(await notices()).toEqual([]);
    await again(ann, { installation: 'phone' });
    expect(await notices()).toHaveLength(1);
    stage.time.now += 100 * DAY;
    await again(ann, { installation: 'phone' });
    stage.time.now += 100 * DAY;
    expect(await notices()).toEqual([]);
    await again(ann, { installation: 'laptop' });
    expect(await notices()).toHaveLength(1);
  });

  it('a thief is noticed who signs in to the account of a user who was away for longer than devices are known', async () => {
    await start();
    const ann = await known();
    stage.time.now += 181 * DAY;
    await again(ann, { installation: 'thief' });
    expect(await notices()).toEqual(['ann@example.com']);
  });

  it('twenty logins from a new device at once send one notice', async () => {
    await start();
    const person = await stage.signUp();
    await stage.call('PUT', `/users/${person.id}`, { email: 'cat@example.com', emailVerified: true }, MASTER);
    await logIn(person, { installation: 'laptop' });
    const before = newDevices();
    await Promise.all(Array.from({ length: 20 }, () => logIn(person, { installation: 'phone' })));
    expect(newDevices() - before).toBe(1);
  });

  it('logins from many new devices do not hide a change of the factors', async () => {
    await start();
    const ann = await known();
    stage.time.now += DAY;
    for (let device = 0; device < 25; device += 1) await again(ann, { installation: `thief ${device}` });
    expect(await notices()).toHaveLength(20);
    stage.time.now += MINUTE;
    await stage.save(ann, { totp: stage.totp(Reflect.get(ann, 'secret') as string) });
    expect((await stage.save(ann, { totp: null })).status).toBe(200);
    await settled();
    expect(stage.mail.messages.map(({ to }) => to)).toEqual(['ann@example.com']);
  });

  it('a login that is refused makes no device known', async () => {
    await start();
    const ann = await known();
    const before = newDevices();
    expect((await logIn(ann, { installation: 'thief' })).status).toBe(400);
    expect(slug(await logIn(ann, { installation: 'thief' }, { totp: '000000' }))).toBe('code_rejected');
    expect((await stage.call('POST', '/login', { ...credentials(ann), password: 'wrong' })).status).toBe(404);
    expect([newDevices() - before, await notices()]).toEqual([0, []]);
    await again(ann, { installation: 'thief' });
    expect(await notices()).toHaveLength(1);
  });

  it.each([{ newDeviceNotices: false }, { notices: false }])('is off by %j, and the event stays', async (compose) => {
    await start(compose);
    const ann = await known();
    const before = newDevices();
    await again(ann, { installation: 'phone' });
    expect([newDevices() - before, await notices()]).toEqual([1, []]);
  });

  it('nothing is kept and no notice is sent with rememberDevices: false', async () => {
    await start({ rememberDevices: false });
    const ann = await known();
    await again(ann, { installation: 'phone' });
    expect([newDevices(), await notices()]).toEqual([0, []]);
    expect((await stage.call('GET', `/classes/${FACTOR_DEVICE_CLASS}`, undefined, MASTER)).body['results'] ?? []).toEqual([]);
  });

  it('costs one statement at a login from a known device', async () => {
    const counts: number[] = [];
    for (const rememberDevices of [false, true]) {
      await start({ rememberDevices });
      const person = await stage.signUp();
      await logIn(person, { installation: 'laptop' });
      await logIn(person, { installation: 'laptop' });
      counts.push(await countStatements(() => logIn(person, { installation: 'laptop' })));
      if (!rememberDevices) await stage.stop();
    }
    expect((counts[1] ?? 0) - (counts[0] ?? 0)).toBe(1);
  });

  it('keeps neither the installation, the network nor the user in clear, and goes with the user', async () => {
    await start();
    const person = await stage.signUp();
    await logIn(person, { installation: 'laptop-of-ann', ip: '198.51.100.77' });
    const rows = async (): Promise<unknown[]> =>
      (await stage.call('GET', `/classes/${FACTOR_DEVICE_CLASS}`, undefined, MASTER)).body['results'] as unknown[];
    const stored = JSON.stringify(await rows());
    expect(await rows()).toHaveLength(2); // the sign-up and the login
    for (const secret of ['laptop', '198.51', person.id, 'Chrome']) expect(stored).not.toContain(secret);
    expect((await stage.call('GET', `/classes/${FACTOR_DEVICE_CLASS}`, undefined, person.session)).status).toBeGreaterThanOrEqual(
      400,
    );
    expect((await stage.call('DELETE', `/users/${person.id}`, undefined, person.session)).status).toBe(200);
    expect(await rows()).toEqual([]);
  });

  it('keeps 50 devices of a user, the last used, and the job deletes old ones', async () => {
    await start();
    const person = await stage.signUp();
    for (let device = 0; device < 55; device += 1) {
      stage.time.now += MINUTE;
      await logIn(person, { installation: `device ${device}` });
    }
    const rows = async (): Promise<number> =>
      ((await stage.call('GET', `/classes/${FACTOR_DEVICE_CLASS}?limit=1000`, undefined, MASTER)).body['results'] as unknown[])
        .length;
    expect(await rows()).toBe(50);
    stage.time.now += 181 * DAY;
    const other = await stage.signUp();
    await logIn(other, { installation: 'new' });
    await stage.factors.prune({ config: Reflect.get(cloudCode(), 'Server') as never });
    expect(await rows()).toBe(2);
  });
});

describe('policies about unusual sign-ins', () => {
  const NAMED = { oneOf: ['totp'] } as const;
  const startWith = (policy: PolicyOption): Promise<void> => start({ policy, notices: false });

  /** A user with an app and a phone, who has signed in with both. */
  async function withPhone(from: From): Promise<Person> {
    const { person, secret } = await enrolled(stage);
    await stage.enrolPhone(person, `+1555777${String((phones += 1)).padStart(4, '0')}`);
    stage.time.now += 11 * MINUTE;
    expect((await logIn(person, from, { totp: stage.totp(secret) })).status).toBe(200);
    stage.time.now += 11 * MINUTE;
    return Object.assign(person, { secret });
  }
  let phones = 0;

  /** A login with the phone alone, which is enough if nothing is unusual. */
  async function byPhone(person: Person, from: From): Promise<string | undefined> {
    const asked = await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
    expect(asked.status).toBe(200);
    const answer = await logIn(person, from, { otp: stage.lastCode(stage.sms) });
    stage.time.now += 11 * MINUTE;
    return answer.status === 200 ? undefined : String(answer.body['error']);
  }

  const DEMANDED = 'factor_required: Also required: totp.';

  it('newDevice demands more of a device that was not seen, and nothing of the first of all', async () => {
    await startWith(demandWhen([newDevice()], NAMED));
    const person = await withPhone({ installation: 'laptop' });
    expect(await byPhone(person, { installation: 'laptop' })).toBeUndefined();
    expect(await byPhone(person, { installation: 'phone' })).toBe(DEMANDED);
    expect(
      (await logIn(person, { installation: 'phone' }, { totp: stage.totp(Reflect.get(person, 'secret') as string) })).status,
    ).toBe(200);
    stage.time.now += 11 * MINUTE;
    expect(await byPhone(person, { installation: 'phone' })).toBeUndefined();
  });

  it('a cold start triggers nothing: users without a recorded sign-in are not unusual', async () => {
    await startWith(
      demandWhen([newDevice(), idleFor({ days: 1 }), newCountry({ locate: place }), impossibleTravel({ locate: place })], NAMED),
    );
    const { person } = await enrolled(stage);
    await stage.enrolPhone(person, '+15557770900');
    await stage.call('POST', '/functions/plain', {}, person.session);
    for (const { objectId } of (await stage.call('GET', `/classes/${FACTOR_DEVICE_CLASS}`, undefined, MASTER)).body[
      'results'
    ] as { objectId: string }[])
      await stage.call('DELETE', `/classes/${FACTOR_DEVICE_CLASS}/${objectId}`, undefined, MASTER);
    stage.time.now += 30 * DAY;
    expect(await byPhone(person, { installation: 'any', ip: '198.51.100.1' })).toBeUndefined();
  });

  it('idleFor demands more after that many days', async () => {
    await startWith(demandWhen([idleFor({ days: 30 })], NAMED));
    const person = await withPhone({ installation: 'laptop' });
    stage.time.now += 29 * DAY;
    expect(await byPhone(person, { installation: 'laptop' })).toBeUndefined();
    stage.time.now += 30 * DAY;
    expect(await byPhone(person, { installation: 'laptop' })).toBe(DEMANDED);
  });

  it.each([
    ['newDevice', newDevice()],
    ['idleFor', idleFor({ days: 60 })],
    ['idleFor 180 days', idleFor({ days: 180 })],
    ['newCountry', newCountry({ locate: () => ({ country: 'FR' }) })],
  ])('%s also holds for a user who was away for longer than devices are known', async (_, condition) => {
    await startWith(demandWhen([condition], NAMED));
    const person = await withPhone({ installation: 'laptop' });
    stage.time.now += 181 * DAY;
    expect(await byPhone(person, { installation: 'laptop' })).toBe(DEMANDED);
    stage.time.now += 400 * DAY;
    expect(await byPhone(person, { installation: 'laptop' })).toBe(DEMANDED);
  });

  it('refuses a policy without conditions, and a misspelt one, before the server starts', async () => {
    await start();
    const wrong = (conditions: unknown, ...policies: unknown[]): unknown =>
      expect(() => Reflect.apply(demandWhen, undefined, [conditions, ...policies]));
    const refused = [
      wrong(undefined, 'all'),
      wrong([], 'all'),
      wrong([true], 'all'),
      wrong([newDevice()], 'al'),
      wrong([newDevice()]),
      wrong([newDevice()], 'all', { atLeast: 9 }),
    ] as { toThrow(text: string): void }[];
    for (const each of refused) each.toThrow('demandWhen: option');
  });

  const PLACES: Readonly<Record<string, Place>> = {
    '192.0.2.1': { country: 'FR', latitude: 48.85, longitude: 2.35 }, // Paris
    '192.0.2.2': { country: 'FR', latitude: 43.3, longitude: 5.37 }, // Marseille, 660 km
    '198.51.100.1': { country: 'AU', latitude: -33.87, longitude: 151.2 }, // Sydney, 16,960 km
  };
  const place = (ip: string): Place | undefined => PLACES[ip];

  it('newCountry demands more of another country and of an unknown one', async () => {
    await startWith(demandWhen([newCountry({ locate: place })], NAMED));
    const person = await withPhone({ ip: '192.0.2.1' });
    expect(await byPhone(person, { ip: '192.0.2.2' })).toBeUndefined();
    expect(await byPhone(person, { ip: '198.51.100.1' })).toBe(DEMANDED);
    expect(await byPhone(person, { ip: '203.0.113.7' })).toBe(DEMANDED);
  });

  it('impossibleTravel demands more of a place that is too far for the time', async () => {
    await startWith(demandWhen([impossibleTravel({ locate: place, kmPerHour: 900 })], NAMED));
    const person = await withPhone({ ip: '192.0.2.1' });
    expect(await byPhone(person, { ip: '192.0.2.2' })).toBe(DEMANDED);
    stage.time.now += HOUR;
    expect(await byPhone(person, { ip: '192.0.2.2' })).toBeUndefined();
    expect(await byPhone(person, { ip: '198.51.100.1' })).toBe(DEMANDED);
    stage.time.now += DAY;
    expect(await byPhone(person, { ip: '198.51.100.1' })).toBeUndefined();
    expect(await byPhone(person, { ip: '203.0.113.7' })).toBeUndefined(); // a place that locate() does not know
  });

  it('devices that cannot be read demand more, and every user can still sign in', async () => {
    await startWith(demandWhen([newDevice()], NAMED));
    // A class that a server has never seen closed may be the application's own, so it is not used.
    expect((await stage.call('POST', `/classes/${FACTOR_DEVICE_CLASS}`, { a: 1 }, MASTER)).status).toBe(201);
    const person = await withPhone({ installation: 'laptop' });
    expect(await byPhone(person, { installation: 'laptop' })).toBe(DEMANDED);
    await again(person, { installation: 'laptop' });
    expect(stage.events).toContainEqual(expect.objectContaining({ type: 'fault', reason: 'class_is_open' }));
  });

  it('a look-up that fails demands more', async () => {
    const broken = (): never => {
      throw new Error('down');
    };
    await startWith(demandWhen([newCountry({ locate: broken })], NAMED));
    const person = await withPhone({ ip: '192.0.2.1' });
    expect(await byPhone(person, { ip: '192.0.2.1' })).toBe(DEMANDED);
  });
});
