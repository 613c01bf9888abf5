import { afterEach, describe, expect, it, vi } from 'vitest';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { enrolled, type Enrolled } from '../support/people.js';
import { countRows, loggedTypes } from '../support/rows.js';
import { onPostgres } from '@parse-factors/test-server/database/test-database';

/** Classes of ours that an administrator deletes or opens while servers run, and that strangers then make anew. */

const LOOK_EVERY_MS = 5000;
let stage: Stage;
afterEach(async () => {
  await stage.stop();
  vi.restoreAllMocks();
});

async function start(): Promise<Enrolled> {
  stage = await startStage({ install: true, server: { allowClientClassCreation: true }, compose: { eventLog: true } });
  const user = await enrolled(stage);
  await stage.factors.check();
  await expect.poll(() => loggedTypes(stage)).toContain('enrolled'); // the last one
  stage.events.length = 0;
  return user;
}

/** Keeps what is to be done after so many milliseconds, until it is told that they have passed. */
function holdTimers(milliseconds: number): () => void {
  const held: (() => void)[] = [];
  const { setTimeout: later } = globalThis;
  const hold = (work: () => void, delay?: number): NodeJS.Timeout => {
    if (delay !== milliseconds) return later(work, delay);
    held.push(work);
    return later(() => undefined, 0);
  };
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(hold);
  return () => {
    for (const work of held.splice(0)) work();
  };
}

const rowsOf = (className: string): Promise<number> => countRows(stage, className);

/** As in the dashboard: a class has to be emptied before it can be deleted. */
async function deleteClass(className: string): Promise<void> {
  expect((await stage.call('DELETE', `/purge/${className}`, undefined, MASTER)).status).toBe(200);
  expect((await stage.call('DELETE', `/schemas/${className}`, undefined, MASTER)).status).toBe(200);
}

/** As another server does it, of which this one hears nothing. */
const deleteElsewhere = (className: string): Promise<void> => stage.rows.dropClass(className);

/** As another server does it: the class is there with all its columns, and open. */
async function openElsewhere(className: string): Promise<void> {
  const anybody = Object.fromEntries(
    ['find', 'get', 'count', 'create', 'update', 'delete', 'addField'].map((operation) => [operation, { '*': true }]),
  );
  await stage.rows.setPermissions(className, anybody);
}

async function expectClosed(className: string): Promise<void> {
  const [row] = await stage.rows.find(className);
  const path = `/classes/${className}`;
  const object = `${path}/${String(row?.['objectId'])}`;
  for (const answer of [
    await stage.call('GET', path),
    await stage.call('POST', path, { attempts: 0 }),
    await stage.call('PUT', object, { attempts: 0 }),
    await stage.call('DELETE', object),
  ]) {
    expect(answer.body['error']).toMatch(/permission denied/i);
  }
}

const incidents = (): string[] => stage.events.filter(({ type }) => type === 'misconfigured').map(({ reason }) => String(reason));

describe('the class FactorState', () => {
  it('a deleted class FactorState is made anew and closed, and an event says so', async () => {
    const { person, secret } = await start();
    await deleteClass('FactorState');
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    await expectClosed('FactorState');
    expect(incidents()).toEqual(['class_deleted:FactorState']);
    stage.time.now += MINUTE;
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    expect(incidents()).toHaveLength(1);
  });

  it.runIf(onPostgres)(
    'a class FactorState that was deleted on another server is made anew by the request that misses it',
    async () => {
      const { person, secret } = await start();
      await deleteElsewhere('FactorState');
      const wrong = stage.totp(secret, 5);
      const guesses = await Promise.all(Array.from({ length: 20 }, () => stage.logIn(person, { totp: wrong })));
      expect(guesses.map(slug).filter((answer) => answer === 'code_rejected')).toHaveLength(10);
      await expectClosed('FactorState');
      expect(incidents()).toEqual(['class_deleted:FactorState']);
    },
  );

  // A write on MongoDB creates the collection again, so that no request misses the class.
  it.each(onPostgres ? [] : ['FactorState', 'FactorEvent'])(
    'a class %s that was deleted on another server is closed within five seconds',
    async (className) => {
      const pass = holdTimers(LOOK_EVERY_MS);
      const { person, secret } = await start();
      await deleteElsewhere(className);
      await stage.logIn(person, { totp: stage.totp(secret, 5) });
      pass();
      await vi.waitFor(() => expect(incidents()).toEqual([`class_deleted:${className}`]));
      await stage.logIn(person, { totp: stage.totp(secret, 5) });
      await expectClosed(className);
    },
  );

  it.each([
    ['as it is', { attempts: 1 }],
    ['with a column of another type', { attempts: 'many', mark: [1] }],
  ])('a class FactorState that a stranger has made anew, %s, is closed and emptied before it is read', async (_how, fields) => {
    const { person, secret } = await start();
    await deleteClass('FactorState');
    expect((await stage.call('POST', '/classes/FactorState', fields)).status).toBe(201);
    const wrong = stage.totp(secret, 5);
    const guesses = await Promise.all(Array.from({ length: 20 }, () => stage.logIn(person, { totp: wrong })));
    expect(guesses.map(slug).filter((answer) => answer === 'code_rejected')).toHaveLength(10);
    expect(await rowsOf('FactorState')).toBe(1);
    await expectClosed('FactorState');
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('locked');
    expect(incidents()).toEqual(['class_opened:FactorState']);
  });

  it('a class FactorState that is open on another server is closed within five seconds', async () => {
    const pass = holdTimers(LOOK_EVERY_MS);
    const { person, secret } = await start();
    await openElsewhere('FactorState');
    await stage.logIn(person, { totp: stage.totp(secret, 5) });
    pass();
    await vi.waitFor(() => expect(incidents()).toEqual(['class_opened:FactorState']));
    expect(await rowsOf('FactorState')).toBe(0);
    await stage.logIn(person, { totp: stage.totp(secret, 5) });
    await expectClosed('FactorState');
  });

  it('a class FactorState that some users may read is closed again, and keeps its rows', async () => {
    const { person, secret } = await start();
    await stage.logIn(person, { totp: stage.totp(secret, 5) });
    const before = await rowsOf('FactorState');
    const classLevelPermissions = { find: { 'role:admin': true }, get: { [person.id]: true } };
    const readable = { className: 'FactorState', classLevelPermissions: { ...CLOSED, ...classLevelPermissions } };
    expect((await stage.call('PUT', '/schemas/FactorState', readable, MASTER)).status).toBe(200);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    expect(await rowsOf('FactorState')).toBe(before);
    expect((await stage.call('GET', '/classes/FactorState', undefined, person.session)).body['error']).toMatch(
      /permission denied/i,
    );
    expect(incidents()).toEqual(['class_opened:FactorState']);
  });
});

const CLOSED = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {} };

it.each(['deleted', 'made anew by a stranger', ...(onPostgres ? ['deleted on another server'] : [])])(
  'a class FactorEvent that was %s takes further events, closed',
  async (how) => {
    const { person, secret } = await start();
    await (how === 'deleted on another server' ? deleteElsewhere('FactorEvent') : deleteClass('FactorEvent'));
    if (how === 'made anew by a stranger') await stage.call('POST', '/classes/FactorEvent', { type: 'forged' });
    await stage.logIn(person, { totp: stage.totp(secret) });
    await vi.waitFor(async () => {
      const types = await loggedTypes(stage);
      expect(types).toContain('misconfigured');
      expect(types).not.toContain('forged');
    });
    await expectClosed('FactorEvent');
    expect(incidents()).toHaveLength(1);
  },
);

it.each([true, false])('a deleted class FactorKey is made anew and closed (by a stranger first: %s)', async (byStranger) => {
  await start();
  await deleteClass('FactorKey');
  if (byStranger) await stage.call('POST', '/classes/FactorKey', {});
  expect((await stage.factors.check()).map(({ reason }) => reason)).not.toContain('check_failed');
  await expectClosed('FactorKey');
  expect(await rowsOf('FactorKey')).toBe(Object.keys(stage.factors.auth).length + 1); // and the application's id
  expect(incidents()).toEqual([byStranger ? 'class_opened:FactorKey' : 'class_deleted:FactorKey']);
});
