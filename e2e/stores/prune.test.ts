import type { ParseCloud } from '@parse-factors/core';
import { afterEach, expect, it } from 'vitest';
import { startStage, type Stage } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { countRows } from '../support/rows.js';

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
