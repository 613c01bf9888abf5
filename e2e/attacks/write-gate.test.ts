// @compat
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterEach, describe, expect, it } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { requireParseServer } from '@parse-factors/test-server/parse-server-home';
import { cloudCode, removeAllHooks } from '../support/cloud-code.js';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { makeRecoveryCodes, type Enrolled } from '../support/people.js';
import { OPEN_PROVIDER } from '../support/providers.js';
import { MASTER, UPDATE_USER } from '../support/requests.js';
import { storedFactors, type StoredFactors } from '../support/rows.js';
import { MINUTE } from '../support/time.js';
import { onPostgres } from '@parse-factors/test-server/database/test-database';

/** Writes of users in requests in which nothing of ours has decided anything. */

let stage: Stage;
afterEach(async () => {
  removeAllHooks();
  await stage.stop();
});

/** How an application can lose our triggers. */
const WITHOUT_TRIGGERS = {
  'with triggers that do not call ours': async () => {
    await start({ install: { except: ['beforeSave', 'beforeLogin', 'afterLogin', 'afterDelete'] } });
    cloudCode().Cloud.beforeSave('_User', () => undefined);
  },
  'without any triggers': async () => {
    await start();
    removeAllHooks();
  },
};

async function start(options: StageOptions = {}): Promise<void> {
  const more = { recovery: new RecoveryCodesFactor() };
  stage = await startStage({
    install: true,
    more,
    ...options,
    server: { auth: { badge: OPEN_PROVIDER, other: OPEN_PROVIDER }, ...options.server },
  });
}

const stored = (user: Pick<Person, 'id'>): Promise<StoredFactors> => storedFactors(stage, user);

/** A user with an authenticator, recovery codes and a badge; the proofs are over. */
async function equipped(): Promise<Enrolled> {
  const person = await stage.signUp();
  expect((await stage.save(person, { badge: { id: person.id } })).status).toBe(200);
  const secret = await stage.enrolTotp(person);
  await makeRecoveryCodes(stage, person);
  stage.time.now += 5 * MINUTE;
  return { person, secret };
}

/** Sends a save of the user on every way in; gives what each has answered. */
async function onEveryWay({ id }: Person, body: object, headers: Record<string, string>): Promise<Record<string, string>> {
  const code = (answer: Answer): string => `${answer.status} ${slug(answer)}`;
  const batch = { requests: [{ method: 'PUT', path: `/parse/users/${id}`, body }] };
  const batched = await stage.call('POST', '/batch', batch, headers);
  const { errors } = await stage.graphql(UPDATE_USER, { input: { id, fields: body } }, headers);
  return {
    rest: code(await stage.call('PUT', `/users/${id}`, body, headers)),
    class: code(await stage.call('PUT', `/classes/_User/${id}`, body, headers)),
    override: code(await stage.call('POST', `/users/${id}`, { ...body, _method: 'PUT' }, headers)),
    batch: batched.body[0]?.success === undefined ? 'refused' : 'passed',
    transaction:
      (await stage.call('POST', '/batch', { ...batch, transaction: true }, headers)).status === 200 ? 'passed' : 'refused',
    graphql: errors === undefined ? 'passed' : 'refused',
  };
}

describe.each(Object.entries(WITHOUT_TRIGGERS))('a server %s', (_name, begin) => {
  it('a server without our triggers removes no factor and changes no record or provider by any request, even with the master key', async () => {
    await begin();
    const { person } = await equipped();
    const before = await stored(person);
    for (const authData of [
      { totp: null },
      { recovery: null },
      { totp: null, recovery: null },
      { totp: null, badge: { id: person.id } },
      { badge: { id: person.id }, totp: { sealed: 'junk' } },
      { badge: { id: person.id }, recovery: {} },
    ]) {
      for (const headers of [person.session, MASTER]) {
        const answers = await onEveryWay(person, { authData }, headers);
        for (const [way, answer] of Object.entries(answers)) {
          // A master key may send back what is stored; with these, a hook asks for an answer or a proof before.
          expect(`${way}: ${answer}`).toMatch(/: (?:400 \w+|404 \w+|refused)$/);
        }
        expect(await stored(person)).toEqual(before);
      }
    }
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');
  });

  it('a server without our triggers links, replaces and unlinks no other provider beside a factor', async () => {
    await begin();
    const { person } = await equipped();
    const before = await stored(person);
    for (const authData of [{ badge: null }, { badge: { id: 'thief' } }, { other: { id: 'thief' } }]) {
      for (const headers of [person.session, MASTER]) {
        const answers = Object.values(await onEveryWay(person, { authData }, headers));
        expect(answers.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => '400 fresh_proof_required'));
        expect(answers.slice(3)).toEqual(['refused', 'refused', 'refused']);
      }
    }
    expect(await stored(person)).toEqual(before);
  });

  it('a server without our triggers stores no dotted key, and nothing but objects', async () => {
    await begin();
    const { person } = await equipped();
    const before = await stored(person);
    for (const fields of [
      { 'authData.totp': { sealed: 'x' } },
      { 'authData.badge.id': 'thief' },
      { 'authData.totp': { __op: 'Delete' } },
    ])
      for (const headers of [person.session, MASTER])
        for (const answer of Object.values(await onEveryWay(person, fields, headers))) expect(answer).toMatch(/^400|refused$/);
    for (const authData of [null, { __op: 'Delete' }, { totp: 'x' }, { badge: 'x' }, { badge: ['x'] }])
      expect((await stage.call('PUT', `/users/${person.id}`, { authData }, person.session)).status).toBeGreaterThanOrEqual(400);
    expect(await stored(person)).toEqual(before);
    for (const path of ['/users', '/classes/_User']) {
      for (const headers of [{}, MASTER]) {
        for (const fields of [
          { 'authData.totp': { sealed: 'junk' } },
          { 'authData.badge': { id: 'x' } },
          { 'authData.badge.id': 'x' },
          { authData: { badge: { id: 'free' }, totp: { sealed: 'junk' } } },
        ]) {
          const answer = await stage.call('POST', path, { username: 'new', password: 'new', ...fields }, headers);
          expect(answer.status).toBeGreaterThanOrEqual(400);
        }
      }
    }
  });

  it('a server without our triggers reports each refused write once, and tells a stranger nothing about other users', async () => {
    await begin();
    const { person } = await equipped();
    const stranger = await stage.signUp();
    const about = async (id: string): Promise<Answer> =>
      stage.call('PUT', `/users/${id}`, { authData: { totp: null } }, stranger.session);
    const another = await stage.signUp();
    stage.events.length = 0;
    const [withFactor, without] = [await about(person.id), await about(another.id)];
    expect([withFactor.status, withFactor.body]).toEqual([without.status, without.body]);
    expect(stage.events).toEqual([]);
    await stage.save(person, { totp: null });
    expect(stage.events).toMatchObject([{ type: 'misconfigured', reason: 'write_not_decided', userId: person.id }]);
  });

  it('a server without our triggers saves other fields, a password, and providers of accounts without factors', async () => {
    await begin();
    const person = await stage.signUp();
    for (const authData of [{ badge: { id: 'b1' } }, { badge: { id: 'b2' } }, { badge: null }, { other: { id: 'o' } }])
      expect((await stage.save(person, authData)).status).toBe(200);
    expect(await stored(person)).toEqual({ other: { id: 'o' } });
    const social = { authData: { other: { id: 'o', token: 'renewed' } } };
    expect((await stage.call('POST', '/users', social)).status).toBe(200);
    expect(await stored(person)).toEqual({ other: { id: 'o', token: 'renewed' } });
    expect((await stage.call('POST', '/users', { authData: { badge: { id: 'new' } } })).status).toBe(201);
    const { person: owner, secret } = await equipped();
    for (const fields of [{ nickname: 'Ann' }, { email: 'ann@example.com' }, { password: 'another' }])
      expect((await stage.call('PUT', `/users/${owner.id}`, fields, MASTER)).status).toBe(200);
    const renewed = { badge: { id: owner.id, token: 'renewed' }, totp: stage.totp(secret) };
    expect((await stage.call('POST', '/users', { authData: renewed })).status).toBe(200);
    expect((await stored(owner))['badge']).toEqual({ id: owner.id, token: 'renewed' });
  });
});

describe('with the guard', () => {
  it('a dotted key cannot store a provider of a new user', async () => {
    await start();
    for (const fields of [{ 'authData.badge': { id: 'x' } }, { 'authData.badge.id': 'x' }]) {
      const answer = await stage.call('POST', '/users', { username: 'new', password: 'new', ...fields });
      expect(slug(answer)).toBe('invalid_input');
    }
  });

  it("a record or a removal by the application's own trigger is refused, for the user's session and the master key", async () => {
    await start();
    const { person } = await equipped();
    const before = await stored(person);
    const { Cloud } = cloudCode();
    for (const authData of [{ totp: { sealed: 'EVIL' } }, { totp: null }, { badge: { id: 'thief' } }, { badge: null }]) {
      Cloud.beforeSave('_User', ({ object }) => void object.set('authData', authData));
      for (const headers of [person.session, MASTER])
        expect((await stage.call('PUT', `/users/${person.id}`, { nickname: 'a' }, headers)).status).toBe(400);
    }
    Cloud.beforeSave('_User', ({ object }) => void object.set('authData.totp.sealed', 'EVIL'));
    await stage.call('PUT', `/users/${person.id}`, { nickname: 'a' }, person.session);
    expect(await stored(person)).toEqual(before);
    expect(stage.events.some(({ type }) => type === 'misconfigured')).toBe(false);
  });

  it('Cloud Code with the master key saves fields and echoes, removes as an administrator, and stores no record', async () => {
    await start();
    const { person } = await equipped();
    const before = await stored(person);
    const save = (authData: object): Promise<Answer> => stage.call('PUT', `/users/${person.id}`, { authData }, MASTER);
    expect((await save(before)).status).toBe(200);
    expect(await stored(person)).toEqual(before);
    expect((await save({ ...before, totp: { sealed: 'x' } })).status).toBe(400);
    expect((await save({ totp: null })).status).toBe(200);
    expect(Object.keys(await stored(person))).toEqual(['badge']);
  });

  it('a repeated request for the verification link rewrites nothing that has changed meanwhile', async () => {
    const sent: string[] = [];
    const emailAdapter = {
      sendMail: async () => undefined,
      sendVerificationEmail: async ({ link }: { link: string }) => void sent.push(link),
      sendPasswordResetEmail: async () => undefined,
    };
    await start({
      server: {
        appId: 'verifying',
        verifyUserEmails: true,
        emailAdapter,
        appName: 'Acme',
        publicServerURL: 'http://localhost/parse',
      },
    });
    const { person } = await equipped();
    const email = 'ann@example.com';
    expect((await stage.call('PUT', `/users/${person.id}`, { email }, person.session)).status).toBe(200);
    const before = await stored(person);
    await expect.poll(() => sent.length).toBe(1);
    expect((await stage.call('POST', '/verificationEmailRequest', { email })).status).toBe(200);
    expect(await stored(person)).toEqual(before);
    await expect.poll(() => sent.length).toBe(2);
  });

  it('20 parallel renewals of a provider beside a removal and a new link all succeed, and one id is left', async () => {
    await start();
    const { person, secret } = await equipped();
    stage.time.now += MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    const renew = (token: number): Promise<Answer> => stage.save(person, { badge: { id: person.id, token: `${token}` } });
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, (_, token) => renew(token)),
      stage.save(person, { badge: { id: 'new' } }),
      ...Array.from({ length: 10 }, (_, token) => renew(token)),
    ]);
    for (const { status } of answers) expect(status).toBeLessThan(500);
    expect((await stored(person))['badge']?.id).toMatch(new RegExp(`^(?:new|${person.id})$`));
    expect(Object.keys(await stored(person)).toSorted()).toEqual(['badge', 'recovery', 'totp']);
  });

  it('a request that began before the first factor was set up cannot replace a provider', async () => {
    const race: { meanwhile?: (() => Promise<unknown>) | undefined } = {};
    await start();
    const person = await stage.signUp();
    await stage.save(person, { badge: { id: person.id } });
    removeAllHooks();
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const { secret } = body['challengeData'].totp as { secret: string };
    const adapter = onPostgres ? 'Postgres/PostgresStorageAdapter.js' : 'Mongo/MongoStorageAdapter.js';
    const controller = requireParseServer(`parse-server/lib/Adapters/Storage/${adapter}`) as {
      default: { prototype: { findOneAndUpdate(...given: unknown[]): Promise<unknown> } };
    };
    const { prototype } = controller.default;
    const { findOneAndUpdate } = prototype;
    race.meanwhile = () => stage.save(person, { totp: stage.totp(secret) });
    prototype.findOneAndUpdate = async function wait(this: unknown, ...given) {
      const { meanwhile } = given[0] === '_User' ? race : { meanwhile: undefined };
      if (meanwhile !== undefined) race.meanwhile = undefined;
      await meanwhile?.();
      return findOneAndUpdate.apply(this, given);
    };
    const exchanged = await stage.save(person, { badge: { id: 'thief' } }).finally(() => {
      prototype.findOneAndUpdate = findOneAndUpdate;
    });
    expect(slug(exchanged)).toBe('fresh_proof_required');
    expect((await stored(person))['badge']).toEqual({ id: person.id });
  });
});

describe('statements', () => {
  it('the gate adds no statement to saves without providers, or to social logins', async () => {
    await start({ server: { cacheTTL: 600_000 } });
    const person = await stage.signUp();
    await stage.save(person, { badge: { id: person.id } });
    const social = (): Promise<unknown> =>
      stage.call('POST', '/users', { authData: { badge: { id: person.id, at: String(Math.random()) } } });
    const save = (): Promise<unknown> => stage.call('PUT', `/users/${person.id}`, { nickname: 'a' }, person.session);
    const link = (): Promise<unknown> => stage.save(person, { other: { id: String(Math.random()) } });
    for (const work of [social, save, link]) await work();
    const gated = [await countStatements(social), await countStatements(save), await countStatements(link)];
    const { prototype, gate } = controllerClass();
    const { update, create } = prototype;
    Object.assign(prototype, gate.original);
    const [login, ...saves] = [await countStatements(social), await countStatements(save), await countStatements(link)];
    Object.assign(prototype, { update, create });
    // Without the gate, the guard neither looks at the account once a login's session is stored, nor notes the device.
    expect(gated).toEqual([login + 2, ...saves]);
  });
});

describe('a gate that could not be placed', () => {
  it('the self-check reports a gate that could not be placed', async () => {
    await start({ server: { protectedFields: { _User: { '*': ['authData'] } } } });
    const reasons = async (): Promise<string[]> => (await stage.factors.check()).map(({ reason }) => reason);
    expect(await reasons()).toEqual([]);
    controllerClass().gate.handlers.length = 0; // as where Parse Server's class cannot be found
    expect(await reasons()).toEqual(['writes_not_gated']);
  });
});

/** Parse Server's class of database controllers, and what stands on it. */
function controllerClass() {
  const { prototype } = requireParseServer('parse-server/lib/Controllers/DatabaseController.js') as {
    prototype: { update: unknown; create: unknown };
  };
  const gate = Reflect.get(prototype, Symbol.for('parse-factors.write-gate')) as { handlers: unknown[]; original: object };
  return { prototype, gate };
}
