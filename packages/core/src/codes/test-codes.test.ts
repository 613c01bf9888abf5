import { describe, expect, it } from 'vitest';
import { DAY, outcomeOf, stagedContext, userWith } from '../../test/unit-stage.js';
import { FactorConfigError } from '../error/config-error.js';
import { FactorError } from '../error/factor-error.js';
import type { CodeOwner, RequestContext } from '../factor/context.js';
import type { AddressType } from './address-type.js';
import { TestCodes, testCodesOption, type TestCodesOptions } from './test-codes.js';

const ON = Date.UTC(2030, 0, 1);
const UNTIL = '2030-01-02';
const REAL = '+12025550123';
const FICTIONAL = '+15550100';

const PHONE: AddressType = {
  field: 'phone',
  noun: 'number',
  mask: () => '••••',
  normalise: (input) => {
    const digits = input.replaceAll(' ', '');
    if (!digits.startsWith('+1202')) throw new FactorError('address_refused');
    return digits;
  },
  normaliseForTests: (input) => {
    const digits = input.replaceAll(' ', '');
    if (!/^\+1\d{7,10}$/.test(digits)) throw new FactorError('invalid_input');
    return digits;
  },
};

const testCodes = (addresses: TestCodesOptions['addresses'], until = UNTIL): TestCodes =>
  new TestCodes('Sms', PHONE, { testCodes: { addresses, until }, codeLength: 6 });

const BOTH = testCodes({ [REAL]: '111111', '+1 555 0100': '222222' });

/** A request in which test codes may be used by these owners. */
function contextFor(mayUse: ((owner: CodeOwner) => boolean) | undefined, now = ON): RequestContext {
  const context = stagedContext();
  context.clock.set(now);
  return { ...context, ...(mayUse && { mayUseTestCodes: async (owner: CodeOwner) => mayUse(owner) }) };
}

const everyone = contextFor(() => true);
const owner = { userId: 'u1' };

describe('the option "testCodes"', () => {
  const addresses = { [REAL]: '111111' };
  it.each<readonly [string, unknown, boolean]>([
    ['may be left out', undefined, true],
    ['names addresses and a day', { addresses, until: UNTIL }, true],
    ['needs a day', { addresses }, false],
    ['refuses a time', { addresses, until: '2030-01-02T00:00:00Z' }, false],
    ['refuses a number', { addresses, until: ON }, false],
    ['refuses a day that is not in the calendar', { addresses, until: '2030-02-30' }, false],
    ['refuses a month that is not in the calendar', { addresses, until: '2030-13-01' }, false],
    ['needs addresses', { until: UNTIL }, false],
    ['needs an address', { addresses: {}, until: UNTIL }, false],
    ['refuses a code that is a number', { addresses: { [REAL]: 111_111 }, until: UNTIL }, false],
    ['refuses a list', { addresses: [REAL], until: UNTIL }, false],
    ['refuses what it does not know', { addresses, until: UNTIL, forever: true }, false],
    ['refuses anything but an object', REAL, false],
    [
      'takes 20 addresses',
      { addresses: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a${i}`, ''])), until: UNTIL },
      true,
    ],
    [
      'refuses 21 addresses',
      { addresses: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`a${i}`, ''])), until: UNTIL },
      false,
    ],
  ])('%s', (_sentence, value, isValid) => expect(testCodesOption.isValid(value)).toBe(isValid));

  it.each<readonly [string, TestCodesOptions['addresses'], string]>([
    ['an address that the factor does not accept', { '+331': '111111' }, 'in a form that the factor accepts: "+331"'],
    ['an address of control characters', { '+1202555\u0007': '111111' }, 'in a form that the factor accepts'],
    ['a code that is too short', { [REAL]: '11111' }, 'a code of 6 digits'],
    ['a code of other digits', { [REAL]: '１１１１１１' }, 'a code of 6 digits'],
    ['a code that ends with a new line', { [REAL]: '111111\n' }, 'a code of 6 digits'],
    ['one address twice', { '+1 555 0100': '111111', [FICTIONAL]: '222222' }, 'name each number once'],
  ])('cannot have %s', (_sentence, wrong, message) => {
    expect(() => testCodes(wrong)).toThrow(FactorConfigError);
    expect(() => testCodes(wrong)).toThrow(message);
    expect(() => testCodes(wrong)).not.toThrow('111111');
  });
});

describe('a test code', () => {
  it('is that of its address, for users who may have it', async () => {
    expect(await BOTH.codeFor(everyone, { address: REAL, owner })).toBe('111111');
    expect(await BOTH.codeFor(everyone, { address: FICTIONAL, user: userWith() })).toBe('222222');
    expect(await BOTH.codeFor(everyone, { address: '+12025550124', owner })).toBeUndefined();
  });

  it('is not accepted where the caller does not name the requester or the owner', async () => {
    expect(await BOTH.codeFor(contextFor(undefined), { address: REAL, owner })).toBeUndefined();
    expect(await BOTH.codeFor(everyone, { address: REAL })).toBeUndefined();
    expect(await BOTH.refuses(contextFor(undefined), { address: REAL, owner }, '111111')).toBe(true);
    expect(await BOTH.refuses(everyone, { address: REAL }, '111111')).toBe(true);
  });

  it('is asked for by the user of the request, not by another owner', async () => {
    const asked: CodeOwner[] = [];
    const context = contextFor((who) => asked.push(who) > 0);
    await BOTH.codeFor(context, { address: REAL, user: userWith({}, 'u2'), owner });
    expect(asked).toEqual([{ userId: 'u2' }]);
  });

  it('is not for others: a real number gets a random code, and a fictional one none', async () => {
    const no = contextFor(() => false);
    expect(await BOTH.codeFor(no, { address: REAL, owner })).toBeUndefined();
    expect(await outcomeOf(() => BOTH.codeFor(no, { address: FICTIONAL, owner }))).toMatch(/^address_refused/);
    expect(await BOTH.refuses(no, { address: REAL, owner }, '111111')).toBe(true);
    expect(await BOTH.refuses(no, { address: REAL, owner }, '111112')).toBe(false);
    expect(await BOTH.refuses(everyone, { address: REAL, owner }, '111111')).toBe(false);
  });

  it.each([
    ['the last millisecond of its last day', Date.parse(UNTIL) + DAY - 1, true],
    ['the first of the next day', Date.parse(UNTIL) + DAY, false],
  ])('is accepted or not in %s', async (_sentence, now, isOn) => {
    const context = contextFor(() => true, now);
    expect(await BOTH.codeFor(context, { address: REAL, owner })).toBe(isOn ? '111111' : undefined);
    expect(await BOTH.refuses(context, { address: REAL, owner }, '111111')).toBe(!isOn);
  });

  it('lets only its own fictional numbers through', () => {
    expect(BOTH.type.normalise('+1 555 01 00')).toBe(FICTIONAL);
    expect(BOTH.type.normalise(REAL)).toBe(REAL);
    expect(() => BOTH.type.normalise('+15550101')).toThrow('address_refused');
    expect([REAL, FICTIONAL, '+15550101'].map((address) => BOTH.isUnreachable(address))).toEqual([false, true, false]);
  });

  it('does not exist without the option', () => {
    const none = new TestCodes('Sms', PHONE, { codeLength: 6 });
    expect([none.type, none.period]).toEqual([PHONE, undefined]);
    expect(none.type).toBe(PHONE);
  });
});
