import type { ParseCloud } from '@parse-factors/core';
import { afterEach, expect, it } from 'vitest';
import { startStage, type Stage } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { countRows, loggedTypes } from '../support/rows.js';

let stage: Stage;
afterEach(() => stage.stop());

const rows = (): Promise<number> => countRows(stage, 'FactorState');

it('the job deletes dead rows in batches, and no row that still counts', async () => {
  stage = await startStage({ install: { pruneJob: true } });
  const person = await stage.signUp();
  const secret = await stage.enrolTotp(person);
  for (let guess = 0; guess < 10; guess += 1) await stage.logIn(person, { totp: '000000' });
  const deadAt = stage.time.now - 1;
  await stage.rows.insert(
    'FactorState',
    Array.from({ length: 2500 }, (_, index) => ({ objectId: `dead${index}`, digest: '', deadAt })),
  );
  const started = await stage.call('POST', '/jobs/pruneFactors', {}, MASTER);
  expect(started.status).toBe(200);
  const dead = async (): Promise<number> =>
    (await stage.rows.find('FactorState')).filter((row) => Number(row['deadAt']) <= stage.time.now).length;
  await expect.poll(dead, { timeout: 10_000 }).toBe(0);
  expect(await rows()).toBeGreaterThan(0);
  expect((await stage.logIn(person, { totp: stage.totp(secret) })).body['error']).toMatch(/^locked: /);
  expect((await stage.call('POST', '/jobs/pruneFactors', {})).status).toBe(403);
});

it('an application can prune by itself, and dead rows refuse even if it never does', async () => {
  const pruned: number[] = [];
  const cloud = (parse: ParseCloud): void => {
    stagePruner = async (request) => void pruned.push(await stage.factors.prune(request));
    parse.Cloud.define('prune', (request) => stagePruner(request), { requireMaster: true });
  };
  let stagePruner: (request: Parameters<Stage['factors']['prune']>[0]) => Promise<void>;
  stage = await startStage({ server: { cloud } });
  const person = await stage.signUp();
  await stage.challenge({ challengeData: { otp: { phone: '+15556660001' } } }, person.session);
  const code = stage.lastCode(stage.sms);
  stage.time.now += 5 * MINUTE;
  const late = await stage.save(person, { otp: { phone: '+15556660001', code } });
  expect(late.body['error']).toMatch(/^code_expired: /);
  stage.time.now += 3 * DAY;
  const before = await rows();
  expect((await stage.call('POST', '/functions/prune', {}, MASTER)).status).toBe(200);
  expect(pruned).toEqual([before]);
  expect(await rows()).toBe(0);
});

it('the job deletes events that have been kept long enough, in batches, and no others', async () => {
  stage = await startStage({ install: { pruneJob: true }, compose: { eventLog: { keepDays: 30 } } });
  const { now } = stage.time;
  const event = (name: string, at: number) => ({ objectId: name, type: 'verified', factor: 'totp', userId: 'u1', at });
  const person = await stage.signUp();
  await stage.enrolTotp(person); // its events make the class
  await expect.poll(() => loggedTypes(stage)).toContain('enrolled'); // the last one
  const recent = (await stage.rows.find('FactorEvent')).map((row) => String(row['objectId']));
  await stage.rows.insert('FactorEvent', [
    ...Array.from({ length: 2500 }, (_, index) => event(`old${index}`, now - 31 * DAY - index)),
    event('kept', stage.time.now - 30 * DAY),
  ]);
  expect((await stage.call('POST', '/jobs/pruneFactors', {}, MASTER)).status).toBe(200);
  await expect.poll(() => countRows(stage, 'FactorEvent'), { timeout: 10_000 }).toBe(recent.length + 1);
  const left = (await stage.rows.find('FactorEvent')).map((row) => String(row['objectId']));
  expect(left.toSorted()).toEqual([...recent, 'kept'].toSorted());
});

it.each([true, false])('no event is deleted without a limit in days (eventLog: %s)', async (eventLog) => {
  let pruned: number | undefined;
  const cloud = (parse: ParseCloud): void =>
    parse.Cloud.define('prune', async (request) => void (pruned = await stage.factors.prune(request)), { requireMaster: true });
  stage = await startStage({ compose: { eventLog }, server: { cloud } });
  await stage.enrolTotp(await stage.signUp());
  if (eventLog) await expect.poll(() => countRows(stage, 'FactorEvent')).toBeGreaterThan(0);
  const logged = eventLog ? await countRows(stage, 'FactorEvent') : 0;
  stage.time.now += 3000 * DAY;
  expect((await stage.call('POST', '/functions/prune', {}, MASTER)).status).toBe(200);
  expect(pruned).toBeGreaterThan(0);
  if (eventLog) expect(await countRows(stage, 'FactorEvent')).toBe(logged);
});
