// @compat
import { HelpCodeFactor } from '@parse-factors/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Body, Person } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '../support/harness.js';
import { issueHelpCode, startHelpStage } from '../support/help-rig.js';
import { enrolled } from '../support/people.js';
import { MASTER } from '../support/requests.js';
import { countRows, storedFactors, storedKeys, storeFactor } from '../support/rows.js';
import { ResetRig } from '../support/reset-rig.js';
import { DAY, MINUTE } from '../support/time.js';

/** What an attacker tries with help codes, and what they could find of one. */

const WRONG = '0000-0000-0000';
describe('help codes', () => {
  let stage: Stage;
  const background: Promise<unknown>[] = [];
  beforeAll(async () => {
    stage = await startHelpStage({ compose: { waitUntil: (work) => void background.push(work) } });
  });
  afterAll(() => stage.stop());
  beforeEach(() => {
    stage.time.now += DAY;
    stage.events.length = 0;
  });

  const opened = (answers: readonly { readonly body: Body }[]): number =>
    answers.filter(({ body }) => body['sessionToken']).length;
  const logIn = ({ username, password }: Person, help: unknown): object => ({
    method: 'POST',
    path: '/parse/login',
    body: { username, password, authData: { help } },
  });

  it('20 parallel logins with one help code open one session', async () => {
    const { person } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.logIn(person, { help: code })));
    expect(opened(answers)).toBe(1);
    expect(answers.every(({ status }) => status < 500)).toBe(true);
  });

  it('20 logins in a batch open one session with a help code, and a transaction uses none up', async () => {
    const { person } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    const requests = Array.from({ length: 20 }, () => logIn(person, code));
    const refused = await stage.call('POST', '/batch', { transaction: true, requests: requests.slice(0, 1) });
    expect(JSON.stringify(refused.body)).not.toContain('sessionToken');
    const { body } = await stage.call('POST', '/batch', { requests });
    expect((body as unknown as { success?: Body }[]).filter(({ success }) => success?.['sessionToken'])).toHaveLength(1);
  });

  it('a help code works for its own user only, even when its record is copied', async () => {
    const [{ person }, { person: thief }] = [await enrolled(stage), await enrolled(stage)];
    const code = await issueHelpCode(stage, person);
    await issueHelpCode(stage, thief);
    expect(slug(await stage.logIn(thief, { help: code }))).toBe('code_rejected');
    await storeFactor(stage, thief, 'help', (await storedFactors(stage, person))['help']);
    expect(slug(await stage.logIn(thief, { help: code }))).toBe('unavailable');
    expect((await stage.logIn(person, { help: code })).status).toBe(200);
  });

  it('of 50 parallel guesses at most 10 are compared, and only help codes are locked, until a new one is issued', async () => {
    const { person, secret } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    await Promise.all(Array.from({ length: 50 }, () => stage.logIn(person, { help: WRONG })));
    const reasons = stage.events.filter(({ type }) => type === 'rejected').map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'code_rejected').length).toBeLessThanOrEqual(10);
    expect(slug(await stage.logIn(person, { help: code }))).toBe('locked');
    expect((await stage.logIn(person, { help: await issueHelpCode(stage, person) })).status).toBe(200);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('locks of other factors and of help codes are apart', async () => {
    const { person, secret } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    for (let guess = 0; guess < 10; guess += 1) await stage.logIn(person, { totp: '000000' });
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('locked');
    expect((await stage.logIn(person, { help: code })).status).toBe(200);
  });

  it('a stranger without the password counts nothing, and a guess without a live code writes nothing', async () => {
    const { person } = await enrolled(stage);
    const rows = await countRows(stage, 'FactorState');
    for (let guess = 0; guess < 11; guess += 1) expect((await stage.logIn(person, { help: WRONG })).status).toBe(400);
    expect(await countRows(stage, 'FactorState')).toBe(rows);
    const code = await issueHelpCode(stage, person);
    for (let guess = 0; guess < 11; guess += 1) await stage.logIn({ ...person, password: 'guessed' }, { help: WRONG });
    expect((await stage.logIn(person, { help: code })).status).toBe(200);
  });

  it('a session cannot set help codes up, and a help code is no proof in a session that it has not opened', async () => {
    const { person } = await enrolled(stage);
    for (const help of [{ generate: 'true' }, WRONG, { status: 'enabled' }, {}]) {
      expect((await stage.save(person, { help })).status).toBeGreaterThanOrEqual(400);
    }
    for (const help of [true, {}, WRONG])
      expect(slug(await stage.challenge({ challengeData: { help } }, person.session))).toBe('not_enrolled');
    expect(await storedKeys(stage, person)).toEqual(['totp']);
    stage.time.now += 10 * MINUTE;
    const code = await issueHelpCode(stage, person);
    expect(slug(await stage.save(person, { help: code }))).toBe('invalid_input');
    expect(slug(await stage.save(person, { totp: null }))).toBe('fresh_proof_required');
    expect((await stage.logIn(person, { help: code })).status).toBe(200);
  });

  it('the session of a help code links no provider and adds no way in beside a primary factor', async () => {
    const { person } = await enrolled(stage);
    const session = await stage.another(person, { help: await issueHelpCode(stage, person) });
    const linked = await stage.save(session, { anonymous: { id: 'a-stranger' } });
    expect(slug(linked)).toBe('fresh_proof_required');
    expect(await storedKeys(stage, person)).toEqual(['totp']);
  });

  it.each([
    1,
    [],
    {},
    { code: { $gt: '' } },
    { code: 'x'.repeat(1_000_000) },
    '',
    'AAAA-AAAA-AAA',
    'AAAA-AAAA-AAAA-A',
    'ÄÄÄÄ-AAAA-AAAA',
  ])('a malformed help code uses nothing up: %#', async (help) => {
    const { person } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    const { status } = await stage.logIn(person, { help });
    expect(status).toBe(400);
    expect((await stage.logIn(person, { help: code })).status).toBe(200);
  });

  it('20 codes that are issued in parallel leave one', async () => {
    const { person } = await enrolled(stage);
    const codes = await Promise.all(Array.from({ length: 20 }, () => issueHelpCode(stage, person)));
    const answers: Answer[] = [];
    for (const help of codes.slice(0, 9)) answers.push(await stage.logIn(person, { help }));
    await stage.call('POST', '/functions/factorsUnlock', { userId: person.id, factor: 'help' }, MASTER);
    for (const help of codes.slice(9, 18)) answers.push(await stage.logIn(person, { help }));
    await stage.call('POST', '/functions/factorsUnlock', { userId: person.id, factor: 'help' }, MASTER);
    for (const help of codes.slice(18)) answers.push(await stage.logIn(person, { help }));
    expect(opened(answers)).toBe(1);
  });
});

it('a help code does not reset a password', async () => {
  const rig = await ResetRig.start({ install: { adminFunctions: true }, more: { help: new HelpCodeFactor() } });
  try {
    const person = await rig.withEmail('ann@example.com');
    await rig.stage.enrolTotp(person);
    const help = await issueHelpCode(rig.stage, person);
    const code = await rig.codeFor({ factor: 'emailLogin', email: 'ann@example.com' });
    const reset = await rig.set({ factor: 'emailLogin', email: 'ann@example.com', code, password: 'new', authData: { help } });
    expect(slug(reset)).toBe('invalid_input');
    expect((await rig.stage.logIn(person, { help })).status).toBe(200);
  } finally {
    await rig.stage.stop();
  }
});
