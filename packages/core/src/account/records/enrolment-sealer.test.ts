import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEWER_KEY, OLDER_KEY } from '../../../test/unit-stage.js';
import { Keyring } from '../../crypto/keyring.js';
import { FactorError } from '../../error/factor-error.js';
import type { MultipleEnrolments } from '../../factor/multiple-enrolments.js';
import type { PrimaryIdentity, PrimarySignIn } from '../../factor/primary-sign-in.js';
import { EnrolmentSealer, type RecordFactor, type RecordOwner, type SealingKeys } from './enrolment-sealer.js';

interface Address {
  readonly address: string;
}

const OWNER: RecordOwner = { appId: 'app', userId: 'u1', key: 'otp', createdAt: '2020-01-01T00:00:00.000Z' };
const ENROLMENT: Address = { address: 'ann@acme.example' };
const UNAVAILABLE = expect.objectContaining({ code: 'unavailable' });

const sealsOf = (keys = OLDER_KEY, ...formerAppIds: readonly string[]): SealingKeys => ({
  recordKeyring: new Keyring(keys),
  formerAppIds,
});

/** What a factor that signs in by an address says about its records; it adopts ids of users of before 2025. */
const identity: PrimaryIdentity<Address> = {
  idOf: ({ address }: Address) => address,
  enrolmentOf: (id: string) => {
    if (!id.includes('@')) throw new FactorError('invalid_input');
    return { address: id.toLowerCase() };
  },
  acceptsUnsealedId: (createdAt: unknown) => new Date(String(createdAt)).getTime() < Date.UTC(2025, 0),
  subject: (_context, id) => id,
};

const primary: RecordFactor<Address> = { policy: 'solo', primary: { identity } as unknown as PrimarySignIn<Address> };

const multiple: MultipleEnrolments<Address> = { lookupIdOf: () => 'handle', merge: (_stored, added) => added };
const named: RecordFactor<Address> = { policy: 'additional', multiple };

const replacement: RecordFactor<Address> = {
  policy: 'additional',
  replaces: {
    provider: 'mfa',
    tombstone: { secret: '-', mobile: '-' },
    importRecord: ({ mobile }) => {
      if (typeof mobile !== 'string') throw new FactorError('unavailable');
      return { address: mobile };
    },
    isBackup: () => false,
    proofIn: () => undefined,
  },
};

const recordsOf = (
  factor?: RecordFactor<Address>,
  owner: Partial<RecordOwner> = {},
  seals: SealingKeys = sealsOf(),
): EnrolmentSealer<Address> => new EnrolmentSealer<Address>(seals, { ...OWNER, ...owner }, factor);

describe('the record of a second factor', () => {
  it('holds nothing but a sealed text', () => {
    const record = recordsOf().seal(ENROLMENT);
    expect(Object.keys(record)).toEqual(['sealed']);
    expect(record.sealed).toMatch(/^1\.2029\.[\w-]+$/);
    expect(JSON.stringify(record)).not.toContain('acme');
  });

  it('holds the handle by which Parse Server finds its user, where the factor has one', () => {
    const record = recordsOf(named).seal(ENROLMENT);
    expect(record).toEqual({ id: 'handle', sealed: expect.any(String) });
    expect(recordsOf(named).open(record)).toEqual({ enrolment: ENROLMENT, isCurrent: true });
  });

  it('opens for its owner', () => {
    expect(recordsOf().open(recordsOf().seal(ENROLMENT))).toEqual({ enrolment: ENROLMENT, isCurrent: true });
  });

  it('opens as it was sealed when this test was written', () => {
    const sealed = '1.2029.vw7j70Hz9wXw8vtJLcvIw11mnlThCcWbMFMyEBOKDhg2ZXGGRad3nfSdKOsoIrXyYVwS_jtCv4Qvhg';
    expect(recordsOf().open({ sealed })).toEqual({ enrolment: ENROLMENT, isCurrent: true });
  });

  it.each<readonly [string, Partial<RecordOwner>]>([
    ['another application', { appId: 'other' }],
    ['another user', { userId: 'u2' }],
    ['another factor', { key: 'sms' }],
    ['the user and factor in exchanged places', { userId: 'otp', key: 'u1' }],
  ])('does not open for %s', (_sentence, other) => {
    const record = recordsOf().seal(ENROLMENT);
    expect(() => recordsOf(undefined, other).open(record)).toThrow(UNAVAILABLE);
  });

  it('is not bound to the handle that stands beside it', () => {
    const { sealed } = recordsOf(named).seal(ENROLMENT);
    expect(recordsOf(named).open({ id: 'other', sealed }).enrolment).toEqual(ENROLMENT);
  });

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['true', true],
    ['an empty object', {}],
    ['a list', ['sealed']],
    ['a text', 'sealed'],
    ['an empty seal', { sealed: '' }],
    ['a seal that is no text', { sealed: 1 }],
    ['a seal without a body', { sealed: '1.2029.' }],
    ['an enrolment in the open', { ...ENROLMENT }],
  ])('does not open where %s is stored', (_sentence, stored) => {
    expect(() => recordsOf().open(stored)).toThrow(UNAVAILABLE);
  });

  it('does not open when any of its characters was changed', () => {
    const { sealed = '' } = recordsOf().seal(ENROLMENT);
    for (const index of [0, 3, 8, Math.floor(sealed.length / 2), sealed.length - 3]) {
      const changed = sealed.slice(0, index) + (sealed[index] === 'A' ? 'B' : 'A') + sealed.slice(index + 1);
      expect(() => recordsOf().open({ sealed: changed })).toThrow(UNAVAILABLE);
    }
  });

  it('gives back whatever JSON it was made of, for its owner alone', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.string(), (enrolment, userId, other) => {
        fc.pre(userId !== other);
        const json = JSON.parse(JSON.stringify(enrolment)) as object;
        const own = new EnrolmentSealer<object>(sealsOf(), { ...OWNER, userId }, undefined);
        const record = own.seal(json);
        expect(own.open(record).enrolment).toEqual(json);
        expect(() => new EnrolmentSealer(sealsOf(), { ...OWNER, userId: other }, undefined).open(record)).toThrow(UNAVAILABLE);
      }),
      { numRuns: 5 },
    );
  });
});

describe('a rotation of keys', () => {
  const record = recordsOf().seal(ENROLMENT);

  it.each<readonly [string, string, boolean]>([
    ['leaves a record current under its only key', OLDER_KEY, true],
    ['leaves a record current while its key is the first', `${OLDER_KEY},${NEWER_KEY}`, true],
    ['makes a record outdated once a newer key is the first', `${NEWER_KEY},${OLDER_KEY}`, false],
  ])('%s', (_sentence, keys, isCurrent) => {
    expect(recordsOf(undefined, {}, sealsOf(keys)).open(record)).toEqual({ enrolment: ENROLMENT, isCurrent });
  });

  it('closes a record whose key was taken away', () => {
    expect(() => recordsOf(undefined, {}, sealsOf(NEWER_KEY)).open(record)).toThrow(UNAVAILABLE);
  });

  it('seals new records under the newer key', () => {
    expect(recordsOf(undefined, {}, sealsOf(`${NEWER_KEY},${OLDER_KEY}`)).seal(ENROLMENT).sealed).toMatch(/^1\.2030\./);
  });
});

describe('a new application id', () => {
  const record = recordsOf(undefined, { appId: 'former' }).seal(ENROLMENT);

  it.each<readonly [string, readonly string[], unknown]>([
    ['opens a record of the only former id', ['former'], 'former'],
    ['opens a record of the second of three former ids', ['first', 'former', 'third'], 'former'],
  ])('%s, names that id, and calls the record outdated', (_sentence, ids, formerAppId) => {
    expect(recordsOf(undefined, {}, sealsOf(OLDER_KEY, ...ids)).open(record)).toEqual({
      enrolment: ENROLMENT,
      isCurrent: false,
      formerAppId,
    });
  });

  it('closes a record of a former id that is not named', () => {
    expect(() => recordsOf(undefined, {}, sealsOf(OLDER_KEY, 'other')).open(record)).toThrow(UNAVAILABLE);
    expect(() => recordsOf(undefined, {}, sealsOf()).open(record)).toThrow(UNAVAILABLE);
  });

  it('names no former id for a record of the present one', () => {
    const present = recordsOf().seal(ENROLMENT);
    expect(recordsOf(undefined, {}, sealsOf(OLDER_KEY, 'former')).open(present)).not.toHaveProperty('formerAppId');
  });

  it('opens a former record for its own user only', () => {
    expect(() => recordsOf(undefined, { userId: 'u2' }, sealsOf(OLDER_KEY, 'former')).open(record)).toThrow(UNAVAILABLE);
  });

  it('says why the record of the present id does not open, and not why that of a former id does not', () => {
    const cause = (keys: string): unknown => {
      try {
        return recordsOf(undefined, {}, sealsOf(keys, 'other')).open(record);
      } catch (error) {
        return (error as Error).cause;
      }
    };
    expect(cause(OLDER_KEY)).toMatchObject({ code: 'unreadable_record' });
    expect(cause(NEWER_KEY)).toMatchObject({ code: 'unknown_key' });
  });
});

describe('the record of a primary factor', () => {
  it('holds the id by which Parse Server finds its user', () => {
    expect(recordsOf(primary).seal(ENROLMENT)).toEqual({ id: 'ann@acme.example', sealed: expect.any(String) });
  });

  it('opens for whichever user has it, as there is none at a sign-up', () => {
    const record = recordsOf(primary, { userId: '' }).seal(ENROLMENT);
    expect(recordsOf(primary, { userId: 'u2' }).open(record)).toEqual({ enrolment: ENROLMENT, isCurrent: true });
  });

  it.each<readonly [string, object, Partial<RecordOwner>]>([
    ['under another id', { id: 'bob@acme.example' }, { createdAt: '2026-01-01T00:00:00.000Z' }],
    ['under its id in another spelling', { id: 'ANN@acme.example' }, { createdAt: '2026-01-01T00:00:00.000Z' }],
    ['without an id', { id: undefined }, {}],
    ['with an id that is no text', { id: 1 }, {}],
    ['for another application', {}, { appId: 'other', createdAt: '2026-01-01T00:00:00.000Z' }],
    ['for another factor', {}, { key: 'smsLogin', createdAt: '2026-01-01T00:00:00.000Z' }],
  ])('does not open %s', (_sentence, change, owner) => {
    const record = { ...recordsOf(primary).seal(ENROLMENT), ...change };
    expect(() => recordsOf(primary, owner).open(record)).toThrow(UNAVAILABLE);
  });

  it('is no record of a second factor, nor the other way about', () => {
    const { sealed } = recordsOf().seal(ENROLMENT);
    const recent = { createdAt: '2026-01-01T00:00:00.000Z' };
    expect(() => recordsOf(primary, recent).open({ id: 'ann@acme.example', sealed })).toThrow(UNAVAILABLE);
    expect(() => recordsOf().open(recordsOf(primary).seal(ENROLMENT))).toThrow(UNAVAILABLE);
  });

  it('keeps an id that is spelled otherwise, as Parse Server looks for that one', () => {
    const record = recordsOf(primary).seal(ENROLMENT, { id: 'Ann@Acme.example' });
    expect(record.id).toBe('Ann@Acme.example');
    expect(recordsOf(primary).open(record)).toEqual({ enrolment: ENROLMENT, isCurrent: true });
  });

  it('takes the new id where another address was stored', () => {
    expect(recordsOf(primary).seal(ENROLMENT, { id: 'bob@acme.example' }).id).toBe('ann@acme.example');
  });
});

describe('an id that another adapter has left', () => {
  it('is adopted for a user who had signed up before the date, and is outdated', () => {
    expect(recordsOf(primary).open({ id: 'Ann@Acme.example' })).toEqual({ enrolment: ENROLMENT, isCurrent: false });
  });

  it('is adopted where a seal beside it does not open', () => {
    expect(recordsOf(primary).open({ id: 'ann@acme.example', sealed: 'forged' }).enrolment).toEqual(ENROLMENT);
  });

  it.each<readonly [string, unknown]>([
    ['who signed up after the date', '2026-01-01T00:00:00.000Z'],
    ['whose date is unknown', undefined],
  ])('is not adopted for a user %s', (_sentence, createdAt) => {
    expect(() => recordsOf(primary, { createdAt }).open({ id: 'ann@acme.example' })).toThrow(UNAVAILABLE);
  });

  it('is not adopted where it is no id of the factor', () => {
    expect(() => recordsOf(primary).open({ id: 'ann' })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  it('is not adopted by a second factor', () => {
    expect(() => recordsOf().open({ id: 'ann@acme.example' })).toThrow(UNAVAILABLE);
    expect(() => recordsOf(named).open({ id: 'handle' })).toThrow(UNAVAILABLE);
  });
});

describe('a record in the place of a built-in provider', () => {
  it('holds a decoy that the provider refuses', () => {
    expect(recordsOf(replacement).seal(ENROLMENT)).toEqual({ secret: '-', mobile: '-', sealed: expect.any(String) });
  });

  it('opens', () => {
    const record = recordsOf(replacement).seal(ENROLMENT);
    expect(recordsOf(replacement).open(record)).toEqual({ enrolment: ENROLMENT, isCurrent: true });
  });

  it('is made of what the provider has stored, and is outdated until it is sealed', () => {
    expect(recordsOf(replacement).open({ mobile: '+4915112345678' })).toEqual({
      enrolment: { address: '+4915112345678' },
      isCurrent: false,
    });
  });

  it.each<readonly [string, object]>([
    ['holds nothing of the provider', {}],
    ['has an id, by which a user could be found', { id: 'x', mobile: '+4915112345678' }],
    ['has an id beside a seal', { ...recordsOf(replacement).seal(ENROLMENT), id: 'x' }],
    ['has a seal that is forged', { mobile: '+4915112345678', sealed: 'forged' }],
  ])('does not open where it %s', (_sentence, record) => {
    expect(() => recordsOf(replacement).open(record)).toThrow(UNAVAILABLE);
  });
});
