import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudCode, removeAllHooks, type CloudCode } from '../support/cloud-code.js';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { countRows } from '../support/rows.js';

/** Triggers of an application's own, beside those that guard the factors. */

let stage: Stage;
const seen: string[] = [];
const servers: Server[] = [];

afterEach(async () => {
  await stage.stop();
  for (const server of servers.splice(0)) server.close();
  seen.length = 0;
});

/** What the application does in its triggers: notes that they ran, and has a rule in each. */
function registerOwn({ Cloud, Error: ParseError }: CloudCode, user: unknown = '_User'): void {
  const refuse = (): never => {
    throw new ParseError(142, 'The application refuses this.');
  };
  Cloud.beforeSave(user, ({ object }) => {
    seen.push('beforeSave');
    if (object.get('nickname') === 'refused') refuse();
    if (object.get('nickname') === 'short') object.set('nickname', 'completed');
  });
  Cloud.afterDelete(user, () => seen.push('afterDelete'));
  Cloud.beforeLogin(({ object }) => {
    seen.push('beforeLogin');
    if (object.get('nickname') === 'banned') refuse();
  });
  Cloud.afterLogin(() => seen.push('afterLogin'));
}

/** Starts a server whose Cloud Code installs the guard and registers its own triggers, in one of the orders. */
async function start(order: 'before' | 'after' | 'later', options: StageOptions = {}): Promise<void> {
  const { install = true, ...others } = options;
  const more = { device: new TrustedDeviceFactor() };
  if (order === 'before') {
    stage = await startStage({ ...others, more, server: { ...options.server, cloud: registerOwn } });
    stage.factors.install(cloudCode(), install === true || install === false ? {} : install);
    return;
  }
  stage = await startStage({ install, ...others, more });
  registerOwn(cloudCode(), order === 'later' ? cloudCode().User : '_User');
}

describe.each(['before', 'after', 'later'] as const)('triggers that are registered %s the guard', (order) => {
  it("the application's own triggers run, and so does the guard", async () => {
    await start(order, { compose: { enrolment: { requiredFor: ({ user }) => user.get('nickname') === 'staff' } } });
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    stage.time.now += 5 * MINUTE;
    expect(slug(await stage.save(person, { totp: null }))).toBe('fresh_proof_required');
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');
    seen.length = 0;
    const other = await stage.another(person, { totp: stage.totp(secret) });
    expect(seen).toEqual(['beforeLogin', 'afterLogin']);
    // The login opened the session with a factor, as only the guard's own trigger has noted.
    expect((await stage.save(other, { device: { remember: 'true', name: 'Laptop' } })).status).toBe(200);
    const staff = await stage.signUp({ nickname: 'staff' });
    expect(slug(await stage.logIn(staff))).toBe('enrolment_required');
  });

  it("the application's own triggers refuse and change what they did before", async () => {
    await start(order);
    const person = await stage.signUp();
    const path = `/users/${person.id}`;
    const refused = await stage.call('PUT', path, { nickname: 'refused' }, person.session);
    expect([refused.status, refused.body]).toEqual([400, { code: 142, error: 'The application refuses this.' }]);
    const completed = await stage.call('PUT', path, { nickname: 'short' }, person.session);
    expect(completed.body['nickname']).toBe('completed');
    expect((await stage.call('PUT', path, { nickname: 'banned' }, person.session)).status).toBe(200);
    expect((await stage.logIn(person)).body).toEqual({ code: 142, error: 'The application refuses this.' });
  });

  it("the application's own trigger sees a deleted user, and the store forgets that user", async () => {
    await start(order);
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    await stage.logIn(person, { totp: stage.totp(secret) });
    const rows = (): Promise<number> => countRows(stage, 'FactorState');
    const before = await rows();
    expect((await stage.call('DELETE', `/users/${person.id}`, undefined, MASTER)).status).toBe(200);
    expect(seen).toContain('afterDelete');
    expect(await rows()).toBeLessThan(before);
  });

  it("the application's own triggers leave nothing for the self-check to report", async () => {
    await start(order, { server: { protectedFields: { _User: { '*': ['authData'] } } } });
    expect(await stage.factors.check()).toEqual([]);
  });
});

describe('validators of own triggers', () => {
  it('a validator can skip its own trigger for the master key, but never the guard', async () => {
    await start('after');
    const { Cloud } = cloudCode();
    const own: string[] = [];
    const object = { skipWithMasterKey: true };
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    for (const validator of [
      object,
      (request: { master?: boolean; skipWithMasterKey?: boolean }) => {
        if (request.master === true) request.skipWithMasterKey = true;
      },
    ]) {
      Cloud.beforeSave('_User', () => own.push('ran'), validator);
      own.length = 0;
      expect((await stage.call('PUT', `/users/${person.id}`, { nickname: 'a' }, MASTER)).status).toBe(200);
      expect(own).toEqual([]);
      expect((await stage.call('PUT', `/users/${person.id}`, { nickname: 'b' }, person.session)).status).toBe(200);
      expect(own).toEqual(['ran']);
    }
    stage.events.length = 0;
    await stage.call('PUT', `/users/${person.id}`, { authData: { totp: null } }, MASTER);
    expect(stage.events.map(({ type }) => type)).toContain('removed'); // only the guard tells
  });

  it('a validator refuses what it refused before', async () => {
    await start('after');
    cloudCode().Cloud.beforeSave('_User', () => undefined, { requireMaster: true });
    const person = await stage.signUp().catch((error: unknown) => String(error));
    expect(person).toContain('Master key is required');
    cloudCode().Cloud.beforeSave(
      '_User',
      () => undefined,
      () => {
        throw new Error('not today');
      },
    );
    expect(await stage.signUp().catch((error: unknown) => String(error))).toContain('not today');
  });
});

describe('a webhook', () => {
  it('a webhook runs beside the guard, and removing it does not remove the guard', async () => {
    await start('after');
    const calls: string[] = [];
    const server = createServer((request, response) => {
      calls.push(String(request.url));
      response.setHeader('Content-Type', 'application/json').end('{"success":{}}');
    });
    servers.push(server);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    stage.time.now += 5 * MINUTE;
    const hook = { className: '_User', triggerName: 'beforeSave', url };
    expect((await stage.call('POST', '/hooks/triggers', hook, MASTER)).status).toBe(200);
    expect(slug(await stage.save(person, { totp: null }))).toBe('fresh_proof_required');
    expect((await stage.call('PUT', `/users/${person.id}`, { nickname: 'x' }, person.session)).status).toBe(200);
    expect(calls.length).toBeGreaterThan(0);
    await stage.call('PUT', '/hooks/triggers/_User/beforeSave', { __op: 'Delete' }, MASTER);
    const count = calls.length;
    expect(slug(await stage.save(person, { totp: null }))).toBe('fresh_proof_required');
    expect((await stage.call('PUT', `/users/${person.id}`, { nickname: 'y' }, person.session)).status).toBe(200);
    expect(calls).toHaveLength(count);
  });
});

describe('installing', () => {
  it('installing twice runs the guard once', async () => {
    await start('after');
    stage.factors.install(cloudCode(), { except: ['afterLogin'] });
    stage.factors.install(cloudCode());
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    stage.events.length = 0;
    expect((await stage.save(person, { totp: null })).status).toBe(200);
    expect(stage.events.filter(({ type }) => type === 'removed')).toHaveLength(1);
  });

  it('installing on a second server in the process leaves the first server guarded', async () => {
    await start('after');
    await stage.stop();
    await start('after');
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    stage.time.now += 5 * MINUTE;
    expect(slug(await stage.save(person, { totp: null }))).toBe('fresh_proof_required');
    await stage.save(person, { totp: stage.totp(secret) });
    expect((await stage.save(person, { totp: null })).status).toBe(200);
  });

  it('the self-check reports when the application has not registered a trigger that it installs with', async () => {
    const server = { protectedFields: { _User: { '*': ['authData'] } } };
    stage = await startStage({ install: { except: ['afterDelete'] }, server });
    const { removeTrigger } = await triggers();
    for (const name of ['afterDelete', 'beforeLogin']) removeTrigger(name, '_User', 'test');
    expect(await stage.factors.check()).toMatchObject([{ reason: 'guard_not_installed' }]);
    expect((await stage.factors.check())[0]?.sentence).toContain('afterDelete');
    cloudCode().Cloud.afterDelete('_User', () => undefined);
    expect(await stage.factors.check()).toEqual([]);
  });
});

/** Parse Server's own list of triggers. */
async function triggers(): Promise<{ removeTrigger(type: string, className: string, appId: string): void }> {
  const { requireParseServer } = await import('@parse-factors/test-server/parse-server-home');
  return requireParseServer('parse-server/lib/triggers.js') as Awaited<ReturnType<typeof triggers>>;
}

it('installing does not bring back a trigger that was removed with all others', async () => {
  await start('after');
  const person = await stage.signUp();
  removeAllHooks();
  stage.factors.install(cloudCode());
  seen.length = 0;
  await stage.enrolTotp(person);
  stage.time.now += 5 * MINUTE;
  expect(slug(await stage.save(person, { totp: null }))).toBe('fresh_proof_required');
  expect(seen).toEqual([]);
});
