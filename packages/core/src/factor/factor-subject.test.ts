import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stagedContext, userWith } from '../../test/unit-stage.js';
import type { FactorContext } from './context.js';
import { attemptSubject, factorSubject, markSubject, otherSubjects } from './factor-subject.js';
import { type Purpose, PURPOSES } from './purpose.js';

const BY_PASSWORD = stagedContext();
const MAIL = { name: 'mailLogin', group: 'mailLogin' };
const GOOGLE = { name: 'google', group: 'provider' };
const FACEBOOK = { name: 'facebook', group: 'provider' };
const by = (primary: typeof MAIL): FactorContext => ({ ...BY_PASSWORD, primary });

/** These names stand in stores: to change one forgets locks and limits. */
const SIGN_IN = 'rHJax4QQRucvrYoy4SiM4Y7i4lF2AKkVVwmrIAb6D98';
const ENROLMENT = 'KAzd5iIFzW3sThfLwqwBWuICAwcn-EZGrFHwRbwsk4w';
const STEP_UP = 'n57Ex-N6me28d_eyHo8o75yRMG1NdUa-cNynVoVcWJM';
const BEHIND_MAIL = 'dMjYDBQUrwz2AT3RKw8bkRiniZT_t_OGo8DVstsNO6k';
const BEHIND_PROVIDER = 'xZ5ruqMssLkbUWB_F5kMWIXknutvqs9d6LyPk7FnKpY';
const BEHIND_GOOGLE = '8gan3Ze__xKfvFio9NNP9iGx3hTchlDtbO2HcJdaHiM';

describe('the name of what a challenge leaves', () => {
  it.each<readonly [string, FactorContext, Purpose, string]>([
    ['of a login with the password', BY_PASSWORD, 'sign-in', SIGN_IN],
    ['of a login behind a primary factor', by(MAIL), 'sign-in', BEHIND_MAIL],
    ['of a login behind any social provider', by(GOOGLE), 'sign-in', BEHIND_PROVIDER],
    ['of a login behind any other social provider', by(FACEBOOK), 'sign-in', BEHIND_PROVIDER],
    ['of an enrolment', BY_PASSWORD, 'enrolment', ENROLMENT],
    ['of an enrolment, whatever primary factor is known', by(MAIL), 'enrolment', ENROLMENT],
    ['of a fresh proof', BY_PASSWORD, 'fresh-proof', STEP_UP],
    ['of a fresh proof, whatever primary factor is known', by(GOOGLE), 'fresh-proof', STEP_UP],
  ])('is pinned: %s', (_sentence, context, purpose, expected) => expect(factorSubject(context, purpose)).toBe(expected));
});

describe('the name of what is guessed at', () => {
  it.each<readonly [string, FactorContext, Purpose, string]>([
    ['of a login with the password', BY_PASSWORD, 'sign-in', SIGN_IN],
    ['of a login behind a primary factor', by(MAIL), 'sign-in', BEHIND_MAIL],
    ['of a login behind one social provider', by(GOOGLE), 'sign-in', BEHIND_GOOGLE],
    ['of an enrolment', by(GOOGLE), 'enrolment', ENROLMENT],
    ['of a fresh proof', by(GOOGLE), 'fresh-proof', STEP_UP],
  ])('is pinned: %s', (_sentence, context, purpose, expected) => expect(attemptSubject(context, purpose)).toBe(expected));

  it('is another behind each social provider', () => {
    expect(attemptSubject(by(GOOGLE), 'sign-in')).not.toBe(attemptSubject(by(FACEBOOK), 'sign-in'));
  });
});

describe('the name of what was used', () => {
  it.each<readonly [string, FactorContext]>([
    ['with the password', BY_PASSWORD],
    ['behind a primary factor', by(MAIL)],
    ['behind a social provider', by(GOOGLE)],
  ])('is one and the same %s', (_sentence, context) => expect(markSubject(context)).toBe(SIGN_IN));
});

describe('the names of codes that were asked for with another primary factor', () => {
  const known = { ...BY_PASSWORD, primaries: [MAIL, GOOGLE, FACEBOOK] };

  it.each<readonly [string, FactorContext, Purpose, readonly string[]]>([
    ['are none for a user of the password alone', BY_PASSWORD, 'sign-in', []],
    ['are those of all primary factors, and one for all providers', known, 'sign-in', [BEHIND_MAIL, BEHIND_PROVIDER]],
    ['hold that of the password, and not the own one', { ...known, primary: MAIL }, 'sign-in', [SIGN_IN, BEHIND_PROVIDER]],
    ['do not hold the own one behind a provider', { ...known, primary: GOOGLE }, 'sign-in', [SIGN_IN, BEHIND_MAIL]],
    ['hold that of the password where no other primary factor is known', by(MAIL), 'sign-in', [SIGN_IN]],
    ['are none for an enrolment', known, 'enrolment', []],
    ['are none for a fresh proof', known, 'fresh-proof', []],
  ])('%s', (_sentence, context, purpose, expected) => expect(otherSubjects(context, purpose)).toEqual(expected));
});

it('two names are the same only for the same application, factor, user, purpose and primary factor', () => {
  const part = fc.string({ maxLength: 3 });
  const about = fc.record({ appId: part, key: part, id: part, purpose: fc.constantFrom(...PURPOSES), primary: fc.option(part) });
  const nameOf = ({ appId, key, id, purpose, primary }: typeof about extends fc.Arbitrary<infer About> ? About : never): string =>
    factorSubject(
      {
        ...BY_PASSWORD,
        appId,
        key,
        user: userWith({}, id),
        ...(primary !== null && { primary: { name: primary, group: primary } }),
      },
      purpose,
    );
  fc.assert(
    fc.property(about, about, (one, other) => {
      const relevant = (given: typeof one): string =>
        JSON.stringify({ ...given, primary: given.purpose === 'sign-in' ? given.primary : null });
      expect(nameOf(one) === nameOf(other)).toBe(relevant(one) === relevant(other));
    }),
    { numRuns: 15 },
  );
});
