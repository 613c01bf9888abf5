// @compat
import { afterEach, expect, it, vi } from 'vitest';
import { startStage, type Stage } from '../support/harness.js';
import { enrolled } from '../support/people.js';
import { MASTER } from '../support/requests.js';

/** Classes that an earlier version of the packages has made: they lack the columns that were added since. */

let stage: Stage;
afterEach(() => stage.stop());

const CLOSED = Object.fromEntries(
  ['find', 'get', 'count', 'create', 'update', 'delete', 'addField'].map((operation) => [operation, {}]),
);

it('an event log of an earlier version gets the new columns, and keeps its events', async () => {
  stage = await startStage({ install: { adminFunctions: true }, compose: { eventLog: true } });
  const fields = {
    ...Object.fromEntries(['type', 'factor', 'userId'].map((name) => [name, { type: 'String' }])),
    at: { type: 'Number' },
  };
  const made = await stage.call('POST', '/schemas/FactorEvent', { fields, classLevelPermissions: CLOSED }, MASTER);
  expect(made.status).toBe(200);
  const old = { type: 'enrolled', factor: 'totp', userId: 'before', at: 1 };
  expect((await stage.call('POST', '/classes/FactorEvent', old, MASTER)).status).toBe(201);
  const { person } = await enrolled(stage);
  await Promise.all(Array.from({ length: 5 }, () => stage.call('POST', '/functions/factorsList', { userId: person.id }, MASTER)));
  await vi.waitFor(async () => expect(await stage.rows.find('FactorEvent', { type: 'listed' })).toHaveLength(5));
  expect((await stage.rows.find('FactorEvent', { type: 'listed' }))[0]).toMatchObject({ userId: person.id, byMasterKey: true });
  expect(await stage.rows.find('FactorEvent', { userId: 'before' })).toHaveLength(1);
  expect(stage.events.filter(({ type }) => type === 'fault' || type === 'misconfigured')).toEqual([]);
});
