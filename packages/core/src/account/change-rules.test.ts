import { describe, expect, it } from 'vitest';
import { factorsByRole, userWith } from '../../test/unit-stage.js';
import {
  addedWayIn,
  changedAddresses,
  changesOfSave,
  changesResetAddress,
  proofsToChange,
  requirementToEnrol,
  waysIn,
  waysInUnlessPassword,
} from './change-rules.js';
import type { StoredRecords } from './records/record-plan.js';

const composed = { factors: factorsByRole({ otp: 'second', totp: 'second', device: 'backup', mail: 'linked', name: 'found' }) };
const withKey = { factors: { ...composed.factors, ...factorsByRole({ key: 'alone' }) } };
const RECORD = { sealed: '1.k.x' };

const having = (...keys: readonly string[]): StoredRecords =>
  Object.fromEntries(keys.map((key) => [key, { id: key, ...RECORD }]));

const sending = (providers: Readonly<Record<string, unknown>>, hasPassword = false) => ({ providers, hasPassword });

describe('requirementToEnrol', () => {
  it.each<readonly [string, string, readonly string[], object]>([
    ['the first second factor takes nothing', 'otp', [], { kind: 'nothing' }],
    ['another second factor takes a proof', 'totp', ['otp'], { kind: 'step-up', proof: {}, orRecentSignIn: false }],
    ['the same factor anew takes a proof', 'otp', ['otp'], { kind: 'step-up', proof: {}, orRecentSignIn: false }],
    ['a backup authenticator takes a factor first', 'device', [], { kind: 'factor-first' }],
    [
      'a trusted device takes a proof by a factor, or a recent login with one',
      'device',
      ['otp'],
      { kind: 'step-up', proof: { factors: ['otp', 'totp'] }, orRecentSignIn: true },
    ],
    ['a help code takes an administrator, whatever the user has', 'help', ['otp'], { kind: 'administrator' }],
    ['a primary factor of a user who has none takes nothing', 'mail', [], { kind: 'nothing' }],
    [
      'a primary factor anew takes a proof by itself',
      'mail',
      ['mail'],
      { kind: 'step-up', proof: { factors: ['mail'] }, orRecentSignIn: false },
    ],
    [
      'a primary factor beside a second factor takes a proof',
      'mail',
      ['otp'],
      { kind: 'step-up', proof: {}, orRecentSignIn: false },
    ],
    ['a second factor beside a primary factor takes nothing', 'otp', ['mail'], { kind: 'nothing' }],
    [
      'a second factor beside what is left of a backup authenticator takes a proof',
      'otp',
      ['device'],
      { kind: 'step-up', proof: {}, orRecentSignIn: false },
    ],
  ])('%s', (_sentence, key, stored, requirement) => {
    const all = { factors: { ...composed.factors, ...factorsByRole({ help: 'help' }) } };
    expect(requirementToEnrol(key, having(...stored), all)).toEqual(requirement);
  });
});

describe('waysIn', () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['are none where only second factors are set up', ['otp', 'totp'], []],
    ['are the linked primary factors', ['mail', 'otp'], ['mail']],
    ['leave out what is found by fields', ['name'], []],
  ])('%s', (_sentence, stored, ways) => {
    expect(waysIn(having(...stored), composed)).toEqual(ways);
  });
});

describe('waysInUnlessPassword', () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['are a passkey that users sign up with, beside second factors and backups', ['key', 'otp', 'device'], ['key']],
    ['are none where a primary factor is linked', ['key', 'mail'], []],
    ['are none where another provider is linked', ['key', 'google'], []],
    ['are none without such a passkey', ['otp'], []],
    ['are none of an account without factors', [], []],
  ])('%s', (_sentence, stored, ways) => {
    expect(waysInUnlessPassword(having(...stored), withKey)).toEqual(ways);
  });

  it.each([
    [true, ['key'], [{ factors: ['key'] }]],
    [true, [], []],
    [false, ['key'], []],
  ])('another user name needs their proof: renamed %s, only ways in %j', (isRenamed, only, proofs) => {
    const changes = changesOfSave(sending({}), { stored: having('key', 'otp'), addsWayIn: false, isRenamed, only }, withKey);
    expect(changes).toEqual({ removed: [], proofs });
  });

  it('a removal needs their proof', () => {
    const removing = sending({ otp: null });
    expect(
      changesOfSave(removing, { stored: having('key', 'otp'), addsWayIn: false, isRenamed: false, only: ['key'] }, withKey)
        .proofs,
    ).toEqual([{ factors: ['key'] }]);
  });
});

describe('addedWayIn', () => {
  it.each<readonly [string, readonly string[], ReturnType<typeof sending>, string]>([
    ['nothing is added to an account without a primary factor', ['otp'], sending({ google: { id: 'g' } }, true), 'none'],
    ['a provider is', ['mail'], sending({ google: { id: 'g' } }), 'provider'],
    ['a provider that goes is not', ['mail', 'google'], sending({ google: null }), 'none'],
    ['a password is, unless there is one', ['mail'], sending({}, true), 'password-unless-there-is-one'],
    ['our own factors are not', ['mail'], sending({ otp: { staged: 'x' } }), 'none'],
    ['a password is, beside a passkey that users sign up with', ['key'], sending({}, true), 'password-unless-there-is-one'],
  ])('%s', (_sentence, stored, sent, added) => {
    expect(addedWayIn(sent, having(...stored), withKey)).toBe(added);
  });

  it('takes a proof by the passkey that users sign up with', () => {
    expect(
      changesOfSave(sending({}, true), { stored: having('key', 'otp'), addsWayIn: true, isRenamed: false, only: [] }, withKey)
        .proofs,
    ).toEqual([{ factors: ['key'] }]);
  });
});

describe('changesResetAddress', () => {
  const account = { user: userWith({ email: 'old@a.example', username: 'ann' }), stored: { mail: { id: 'own@a.example' } } };

  it.each<readonly [string, Readonly<Record<string, string>>, boolean]>([
    ['nothing that is written changes nothing', {}, false],
    ['the address as it is stored changes nothing', { email: 'old@a.example' }, false],
    ['another address does', { email: 'new@a.example' }, true],
    ['a name that is an address does', { username: 'new@a.example' }, true],
    ['the address that signs the user in already adds nothing', { email: 'own@a.example' }, false],
    ['another one beside it does', { email: 'own@a.example', username: 'new@a.example' }, true],
  ])('%s', (_sentence, resetAddresses, changes) => {
    expect(changesResetAddress({ ...sending({}), resetAddresses }, account, composed)).toBe(changes);
  });
});

describe('changesOfSave', () => {
  it.each<readonly [string, readonly string[], Readonly<Record<string, unknown>>, boolean, readonly string[], readonly object[]]>(
    [
      ['a save of other fields takes nothing', ['otp'], {}, false, [], []],
      ['removing a factor takes a proof', ['otp', 'totp'], { otp: null }, false, ['otp'], [{}]],
      ['removing what is not there takes nothing', ['otp'], { totp: null }, false, [], []],
      [
        'removing a primary factor takes a proof by one',
        ['mail', 'otp'],
        { mail: null },
        false,
        ['mail'],
        [{ factors: ['mail'] }],
      ],
      [
        'removing both takes both',
        ['mail', 'otp'],
        { mail: null, otp: null },
        false,
        ['otp', 'mail'],
        [{ factors: ['mail'] }, {}],
      ],
      [
        'linking a provider beside a factor takes a proof by a second factor',
        ['otp'],
        { google: { id: 'g' } },
        false,
        [],
        [{ factors: ['otp', 'totp'] }],
      ],
      [
        'renewing a provider under its id takes nothing',
        ['otp', 'google'],
        { google: { id: 'google', token: 't' } },
        false,
        [],
        [],
      ],
      ['linking a provider without a factor takes nothing', [], { google: { id: 'g' } }, false, [], []],
      ['another way in takes a proof by a way in', ['mail'], { google: { id: 'g' } }, true, [], [{ factors: ['mail'] }]],
    ],
  )('%s', (_sentence, stored, providers, addsWayIn, removed, proofs) => {
    const changes = changesOfSave(
      sending(providers),
      { stored: having(...stored), addsWayIn, isRenamed: false, only: [] },
      composed,
    );
    expect([changes.removed.toSorted(), changes.proofs]).toEqual([removed.toSorted(), proofs]);
  });
});

describe('changedAddresses', () => {
  it.each<readonly [string, Readonly<Record<string, string | null>>, readonly string[]]>([
    ['are none where nothing was sent', {}, []],
    ['leave out what stays', { email: 'ann@example.com', phone: null }, []],
    ['are told in any case', { email: 'Ann@example.com' }, ['email']],
    ['are those that are new, and those that go', { email: null, phone: '+15551230001' }, ['email', 'phone']],
  ])('%s', (_sentence, addresses, changed) => {
    const account = { user: userWith({ email: 'ann@example.com' }) };
    expect(changedAddresses({ ...sending({}), addresses }, account)).toEqual(changed);
  });
});

describe('proofsToChange', () => {
  const second = [{ factors: ['otp', 'totp'] }];
  it.each<readonly [string, readonly string[], readonly string[], object, readonly object[]]>([
    ['asks for nothing by default', [], ['otp'], { hasPassword: true }, []],
    ['asks for a second factor before a password', ['password'], ['otp'], { hasPassword: true }, second],
    ['asks for one before a new address', ['email'], ['totp'], { addresses: { email: 'b@c.example' } }, second],
    ['asks for nothing where the address stays', ['email'], ['totp'], { addresses: { email: 'ann@example.com' } }, []],
    ['asks for one before another user name', ['username'], ['totp'], { username: 'other' }, second],
    ['asks for one before the user name goes', ['username'], ['totp'], { username: null }, second],
    ['asks for nothing where the user name stays', ['username'], ['totp'], { username: 'ann' }, []],
    ['asks for nothing for what is not named', ['email'], ['totp'], { hasPassword: true }, []],
    ['asks for nothing of a user without a second factor', ['password'], ['mail', 'device'], { hasPassword: true }, []],
  ])('%s', (_sentence, names, stored, sent, proofs) => {
    const account = { user: userWith({ email: 'ann@example.com', username: 'ann' }), stored: having(...stored) };
    expect(proofsToChange(names, { ...sending({}), ...sent }, { account, composed })).toEqual(proofs);
  });
});
