// @compat @slow
import { generateKey } from '@parse-factors/core';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';
import { onPostgres } from '@parse-factors/test-server/database/test-database';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { DoctorRig } from '../support/doctor.js';
import type { Stage, StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { loggedTypes } from '../support/rows.js';

/** What the doctor finds in the database itself, on Postgres and on MongoDB. */

const rig = new DoctorRig();
beforeAll(() => rig.open());
afterEach(() => rig.stop());
afterAll(() => rig.close());

/** Starts a server on the same database once more. */
const again = ({ databaseUri, keys }: Stage, { compose, ...options }: StageOptions = {}): Promise<Stage> =>
  rig.start({ ...options, databaseUri, compose: { keys, ...compose } });

interface Collection {
  createIndex(key: object): Promise<unknown>;
  dropIndex(key: string): Promise<unknown>;
}

/** A collection on MongoDB, over the connection of Parse Server. */
function collectionOf(name: string): Collection {
  const server = Reflect.get(cloudCode(), 'Server') as {
    readonly database: { readonly adapter: { readonly database: { collection(name: string): Collection } } };
  };
  return server.database.adapter.database.collection(name);
}

it('a sound server is silent, and its report names the database', async () => {
  await rig.start();
  await rig.enrolUser();
  await rig.expectSound();
  expect(await rig.report()).toMatchObject({
    findings: [],
    database: { kind: onPostgres ? 'postgres' : 'mongodb', version: expect.stringMatching(/^\d+\.\d+/) },
  });
});

describe('writes_can_be_lost', () => {
  it.runIf(onPostgres)('where Postgres waits for no disk: fsync, and synchronous_commit of this database', async () => {
    await rig.start({}, inject('database')); // loses writes, to be fast
    expect(await rig.expectOnly('writes_can_be_lost')).toContain('Postgres confirms writes that it can lose: fsync = off.');
    const stage = await rig.start();
    const name = new URL(stage.databaseUri).pathname.slice(1);
    await sqlOf(stage).query(`alter database ${name} set synchronous_commit = off`);
    await again(stage);
    expect(await rig.expectOnly('writes_can_be_lost')).toContain('can lose: synchronous_commit = off.');
  });
});

// Not marked as skipped on Postgres: CI refuses skipped tests. `test:compat` runs this file on MongoDB.
if (!onPostgres) {
  it('writes_can_be_lost, where MongoDB confirms writes that a majority does not have, or that are in no journal', async () => {
    const uri = rig.databaseServer;
    const startWith = (query: string): Promise<Stage> => rig.start({}, `${uri}${uri.includes('?') ? '&' : '/?'}${query}`);
    await startWith('w=1');
    expect(await rig.expectOnly('writes_can_be_lost')).toContain(
      'MongoDB confirms writes of Parse Server that it can lose: w=1.',
    );
    await startWith('w=majority&journal=false');
    expect(await rig.expectOnly('writes_can_be_lost')).toContain('can lose: journal=false.');
    await startWith('w=majority');
    await rig.expectSound();
  });

  it('reads_from_secondaries, where Parse Server reads users from one', async () => {
    const uri = rig.databaseServer;
    await rig.start({}, `${uri}${uri.includes('?') ? '&' : '/?'}readPreference=secondaryPreferred`);
    await rig.expectOnly('reads_from_secondaries');
  });
}

it('users_not_unique, where an index of Parse Server is gone, until the next start', async () => {
  const stage = await rig.start();
  for (const field of ['username', 'email']) {
    await (onPostgres ? sqlOf(stage).query(`drop index "_User_unique_${field}"`) : collectionOf('_User').dropIndex(`${field}_1`));
    const said = await rig.expectOnly('users_not_unique');
    expect(said).toContain(field === 'username' ? 'no unique index on username.' : 'no unique index on username and email.');
  }
  await again(stage);
  await rig.expectSound();
});

describe('index_missing', () => {
  /** Runs the statement that the doctor names. */
  async function follow(stage: Stage, said: string): Promise<void> {
    const [, statement = ''] = /Run: (.+);$/m.exec(said) ?? [];
    if (onPostgres) await sqlOf(stage).query(statement);
    else {
      const [, name = '', field = ''] = /^db\.getCollection\('(\w+)'\)\.createIndex\(\{ (\w+): 1 \}\)$/.exec(statement) ?? [];
      await collectionOf(name).createIndex({ [field]: 1 });
    }
  }

  it.each([
    ['FactorState', ['deadAt']],
    ['FactorEvent', ['at', 'userId']],
  ])('for %s with many rows, until its indexes are there', { timeout: 120_000 }, async (className, fields) => {
    const stage = await rig.start();
    await rig.enrolUser();
    await expect.poll(() => stage.rows.hasClass(className)).toBe(true);
    await expect.poll(() => loggedTypes(stage)).toContain('enrolled'); // the last one
    const addTo = async (from: number, to: number): Promise<void> => {
      const rows = Array.from({ length: to - from }, (_, index) => ({ objectId: `many${from + index}` }));
      await stage.rows.insert(className, rows);
      if (onPostgres) await sqlOf(stage).query('analyze');
    };
    const before = (await stage.rows.find(className)).length;
    for (let from = before; from < 200_000; from += 50_000) await addTo(from, Math.min(from + 50_000, 200_000));
    await rig.expectSound();
    await addTo(200_000, 200_001);
    for (const field of fields) {
      const said = await rig.expectOnly('index_missing');
      expect(said).toContain(`The class ${className} has about 200,001 rows and no index on ${field}.`);
      await follow(stage, said);
    }
    await rig.expectSound();
  });
});

it('records_of_older_keys, counted by the database, until all are sealed anew', async () => {
  const first = await rig.start();
  for (const _ of [1, 2]) await rig.enrolUser();
  const keys = `${generateKey('new-key_1')},${first.keys}`;
  const stage = await again(first, { compose: { keys }, install: { adminFunctions: true } });
  expect(await rig.expectOnly('records_of_older_keys')).toContain('sealed by older keys: 2 under "test".');
  await rig.enrolUser({ username: 'later', password: 'password of later' });
  expect(await rig.report()).toMatchObject({
    keys: ['new-key_1', 'test'],
    records: { totp: { 'new-key_1': 1, test: 2 }, otp: { 'new-key_1': 0, test: 0 } },
  });
  const { status } = await stage.call('POST', '/functions/factorsReseal', { apply: true }, MASTER);
  expect(status).toBe(200);
  await rig.expectSound();
  expect(await rig.report()).toMatchObject({ records: { totp: { 'new-key_1': 3, test: 0 } } });
});
