import { describe, expect, it } from 'vitest';
import { factorsByRole, outcomeOf } from '../../../test/unit-stage.js';
import { besideFactor, planToEnrol, planToEnrolAtLogin, planToRemove } from './enrolment-plans.js';
import type { RecordPlan, StoredRecords } from './record-plan.js';

const APP = {
  factors: factorsByRole({
    otp: 'second',
    totp: 'second',
    mailLogin: 'linked',
    fields: 'found',
    codes: 'backup',
    device: 'backup',
  }),
};

const R = { sealed: 'r' };
const NEW = { sealed: 'new' };

const decided = async (plan: RecordPlan, stored: StoredRecords): Promise<unknown> => {
  let changes: unknown;
  const outcome = await outcomeOf(() => (changes = plan.decide(stored)));
  return outcome === 'passes' ? changes : outcome.split(':')[0];
};

describe('a plan to enrol a factor in a session', () => {
  it.each<readonly [string, string, StoredRecords, StoredRecords, unknown]>([
    ['stores the first factor', 'otp', {}, {}, { otp: NEW }],
    ['stores the first factor where a removed one has left null', 'otp', { otp: null }, { totp: null }, { otp: NEW }],
    ['stores the first factor beside a social login', 'otp', { google: R }, { google: R }, { otp: NEW }],
    ['stores the first factor beside a primary factor', 'otp', { mailLogin: R }, { mailLogin: R }, { otp: NEW }],
    ['demands a fresh proof where another first factor came meanwhile', 'otp', {}, { totp: R }, 'fresh_proof_required'],
    ['demands a fresh proof where the same first factor came meanwhile', 'otp', {}, { otp: R }, 'fresh_proof_required'],
    ['stores a second factor beside the first', 'totp', { otp: R }, { otp: R }, { totp: NEW }],
    ['stores a second factor where the first has gone meanwhile', 'totp', { otp: R }, {}, { totp: NEW }],
    ['stores a factor anew in place of what it was', 'otp', { otp: R }, { otp: R }, { otp: NEW }],
    ['stores a primary factor, whatever came meanwhile', 'mailLogin', {}, { otp: R }, { mailLogin: NEW }],
    ['stores a backup authenticator, whatever came meanwhile', 'codes', {}, { otp: R }, { codes: NEW }],
  ])('%s', async (_sentence, key, account, stored, expected) => {
    expect(
      await decided(
        planToEnrol(APP, key, account, () => NEW),
        stored,
      ),
    ).toEqual(expected);
  });

  it.each<readonly [string, StoredRecords, unknown]>([
    ['what is stored by then', { otp: { sealed: 'by then' } }, { sealed: 'by then' }],
    ['nothing where null is stored', { otp: null }, undefined],
    ['nothing where nothing is stored', {}, undefined],
  ])('makes a record anew of %s', (_sentence, stored, expected) => {
    const seen: unknown[] = [];
    planToEnrol(APP, 'otp', { otp: R }, (by) => {
      seen.push(by);
      return NEW;
    }).decide(stored);
    expect(seen).toEqual([expected]);
  });

  it('rests on all second factors for the first, and on itself alone for another', () => {
    expect(planToEnrol(APP, 'otp', {}, () => NEW).basis).toEqual(['otp', 'totp']);
    expect(planToEnrol(APP, 'totp', { otp: R }, () => NEW).basis).toBeUndefined();
  });

  it('lets one of two first factors at the same moment be the first', async () => {
    const [one, other] = [planToEnrol(APP, 'otp', {}, () => NEW), planToEnrol(APP, 'totp', {}, () => NEW)];
    const first = (await decided(one, {})) as StoredRecords;
    expect(first).toEqual({ otp: NEW });
    expect(await decided(other, first)).toBe('fresh_proof_required');
  });
});

describe('a plan to enrol at a login', () => {
  it.each<readonly [string, StoredRecords, StoredRecords, unknown]>([
    ['stores the first factor of a user', {}, {}, { otp: NEW }],
    ['stores a factor beside another', { totp: R }, { totp: R }, { otp: NEW }],
    ['stores a factor where another was only used meanwhile', { totp: R }, { totp: NEW }, { otp: NEW }],
    ['stores a factor whatever became of others than second factors', { codes: R }, { mailLogin: R }, { otp: NEW }],
    ['refuses where a factor was set up meanwhile', {}, { totp: R }, 'session_required'],
    ['refuses where the same factor was set up meanwhile', {}, { otp: R }, 'session_required'],
    ['refuses where a factor was removed meanwhile', { totp: R }, {}, 'session_required'],
    ['refuses where one factor was exchanged for another meanwhile', { totp: R }, { otp: R }, 'session_required'],
  ])('%s', async (_sentence, account, stored, expected) => {
    const plan = planToEnrolAtLogin(APP, account, { otp: NEW });
    expect(await decided(plan, stored)).toEqual(expected);
    expect(plan.basis).toEqual(['otp', 'totp']);
  });
});

describe('a change of a backup authenticator', () => {
  const inner: RecordPlan = { basis: ['codes'], decide: () => ({ codes: NEW }) };

  it.each<readonly [string, StoredRecords, unknown]>([
    ['is made beside a second factor', { otp: R }, { codes: NEW }],
    ['is refused without a factor', {}, 'enrolment_required'],
    ['is refused where the last factor has gone', { otp: null, codes: R }, 'enrolment_required'],
    ['is refused beside a primary factor alone', { mailLogin: R }, 'enrolment_required'],
    ['is refused beside another backup authenticator alone', { device: R }, 'enrolment_required'],
  ])('%s', async (_sentence, stored, expected) => {
    expect(await decided(besideFactor(APP, inner), stored)).toEqual(expected);
  });

  it('rests on all second factors, and on what its own plan rests on', () => {
    expect(besideFactor(APP, inner).basis).toEqual(['otp', 'totp', 'codes']);
    expect(besideFactor(APP, { decide: () => ({}) }).basis).toEqual(['otp', 'totp']);
  });
});

describe('a plan to remove', () => {
  it.each<readonly [string, readonly string[], StoredRecords, unknown]>([
    ['removes one of two factors and nothing else', ['otp'], { otp: R, totp: R, codes: R }, { otp: null }],
    [
      'takes the backup authenticators with the last factor',
      ['otp'],
      { otp: R, codes: R, device: R },
      { otp: null, codes: null, device: null },
    ],
    [
      'takes the backup authenticators with both factors at once',
      ['otp', 'totp'],
      { otp: R, totp: R, codes: R },
      { otp: null, totp: null, codes: null },
    ],
    ['takes those backup authenticators that there are', ['otp'], { otp: R, device: R }, { otp: null, device: null }],
    ['takes the backup authenticators with a factor that has gone meanwhile', ['otp'], { codes: R }, { codes: null }],
    [
      'leaves the backup authenticators where a primary factor goes',
      ['mailLogin'],
      { mailLogin: R, otp: R, codes: R },
      { mailLogin: null },
    ],
    ['leaves the other backup authenticator where one goes', ['codes'], { otp: R, codes: R, device: R }, { codes: null }],
    [
      'leaves the other backup authenticator where one goes without a factor',
      ['codes'],
      { codes: R, device: R },
      { codes: null },
    ],
    ['leaves social logins', ['otp'], { otp: R, google: R }, { otp: null }],
    ['changes nothing where there is nothing', ['otp'], {}, {}],
    ['changes nothing where null is stored', ['otp'], { otp: null, codes: null }, {}],
    [
      'names a backup authenticator once that goes with its factor',
      ['otp', 'codes'],
      { otp: R, codes: R },
      { otp: null, codes: null },
    ],
  ])('%s', async (_sentence, keys, stored, expected) => {
    const plan = planToRemove(APP, keys);
    expect(await decided(plan, stored)).toEqual(expected);
    expect(plan.basis).toEqual(['otp', 'totp', 'codes', 'device']);
  });
});
