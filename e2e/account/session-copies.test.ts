// @compat
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { cloudCode } from '../support/cloud-code.js';
import { startStage, type Stage } from '../support/harness.js';
import { MASTER, sessionHeaders } from '../support/requests.js';
import { countSessions } from '../support/rows.js';

/** Sessions that copy themselves while they end. */

const ENDED = { code: 209, error: 'Invalid session token' };
const COPIES = ['/sessions', '/classes/_Session'] as const;

let stage: Stage;
let owner: Person;
beforeAll(async () => {
  stage = await startStage({ install: true });
});
afterAll(() => stage.stop());
beforeEach(async () => {
  owner = await stage.signUp();
});

const sessionsOf = (person: Person): Promise<number> => countSessions(stage, person);

/** Ends a session as another server does: this one has it in its cache. */
const endElsewhere = (person: Person): Promise<unknown> =>
  stage.rows.delete('_Session', { sessionToken: person.session['X-Parse-Session-Token'] ?? '' });

describe('a session that has ended', () => {
  it.each(COPIES)('a session that has ended cannot copy itself by POST %s', async (path) => {
    const thief = await stage.another(owner);
    expect((await stage.call('GET', '/users/me', undefined, thief.session)).status).toBe(200);
    await endElsewhere(thief);
    const before = await sessionsOf(owner);
    const { status, body } = await stage.call('POST', path, {}, thief.session);
    expect({ status, body }).toEqual({ status: 400, body: ENDED });
    expect(await sessionsOf(owner)).toBe(before);
  });

  it('a session that has ended is not copied at the end of an operation that it began, however long that takes', async () => {
    const thief = await stage.another(owner);
    let [open, arrive] = [(): void => undefined, (): void => undefined];
    const opened = new Promise<void>((resolve) => (open = resolve));
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const { Cloud } = cloudCode();
    let isHeld = true;
    Cloud.beforeSave('_User', async () => {
      if (!isHeld) return;
      isHeld = false;
      arrive();
      await opened;
    });
    const name = `${owner.username}-2`;
    const operation = `mutation {
      first: signUp(input: { fields: { username: "${name}", password: "secret" } }) { viewer { sessionToken } }
      last: createSession(input: { fields: {} }) { session { objectId sessionToken } }
    }`;
    const copying = stage.graphql(operation, {}, thief.session);
    await arrived;
    await stage.enrolTotp(owner);
    open();
    const { errors, data } = (await copying) as { errors?: { message: string }[]; data?: { last: unknown } };
    expect(errors?.map(({ message }) => message)).toEqual(['Invalid session token']);
    expect(data?.last ?? null).toBeNull();
    expect(await sessionsOf(owner)).toBe(1);
  });

  it('a session that has ended is not copied inside a transaction, which other requests cannot see', async () => {
    const copy = { method: 'POST', path: '/parse/sessions', body: {} };
    const { status } = await stage.call('POST', '/batch', { transaction: true, requests: [copy] }, owner.session);
    expect(status).toBe(500); // as Parse Server answers whatever is refused in a transaction
    expect(await sessionsOf(owner)).toBe(1);
  });
});

describe('a session that lasts', () => {
  it.each(COPIES)('a session that lasts can copy itself by POST %s', async (path) => {
    const { body } = await stage.call('POST', path, {}, owner.session);
    const copy = sessionHeaders({ body });
    expect((await stage.call('GET', '/users/me', undefined, copy)).body).toMatchObject({ objectId: owner.id });
  });

  it('the master key can make a session', async () => {
    const user = { __type: 'Pointer', className: '_User', objectId: owner.id };
    const session = { user, sessionToken: `r:${owner.id}`, createdWith: { action: 'create' } };
    const answer: Answer = await stage.call('POST', '/sessions', session, MASTER);
    expect(answer.status).toBe(201);
  });
});
