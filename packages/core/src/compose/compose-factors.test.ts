import { expect, it } from 'vitest';
import { generateKey } from '../crypto/keyring.js';
import { FactorConfigError } from '../error/config-error.js';
import { defineFactor } from '../factor/define-factor.js';
import { composeFactors } from './compose-factors.js';

const factor = defineFactor({
  answer: { maxLength: 6, pattern: /^\d{6}$/, accepts: 'six digits' },
  begin: () => ({ expected: '123456', enrolment: {} }),
  challenge: () => ({ expected: '123456' }),
});

it.each([{ roles: [] }, { roles: [1] }, { roles: 'admin' }, 'unknown', {}])(
  'who must set up a factor cannot be %j, which would be no user at all',
  (requiredFor) => {
    const options = { keys: generateKey('test'), selfCheck: false, factors: { own: factor } };
    const compose = (): unknown => composeFactors({ ...options, enrolment: { requiredFor: requiredFor as never } });
    expect(compose).toThrow(FactorConfigError);
    expect(compose).toThrow('enrolment');
  },
);

it.each([
  { oneOf: ['own', 'totp'] },
  { allOf: ['totp'] },
  { byRole: { a: { allOf: ['totp'] } } },
  { byRole: {}, otherwise: { oneOf: ['totp'] } },
])('a policy cannot name a factor that is not composed: %j', (policy) => {
  const compose = (): unknown =>
    composeFactors({ keys: generateKey('test'), selfCheck: false, factors: { own: factor }, policy });
  expect(compose).toThrow(FactorConfigError);
  expect(compose).toThrow('composeFactors: option "policy" names "totp", which is not a second factor; choose from: own');
});

it('users cannot sign up with a factor alone without recovery codes that wait', () => {
  const alone = Object.defineProperties(Object.create(factor) as typeof factor, {
    policy: { value: 'solo' },
    primary: { value: { signUp: true, enrolNew: () => undefined, read: () => '', begin: () => ({}), verify: () => ({}) } },
  });
  const codes = (isDelayed: boolean): typeof factor =>
    Object.defineProperties(Object.create(factor) as typeof factor, {
      backup: { value: 'after-step-up' },
      recovery: { value: { isDelayed } },
    });
  const compose = (others: object): unknown =>
    composeFactors({ keys: generateKey('test'), selfCheck: false, factors: { own: factor, alone, ...others } });
  for (const others of [{}, { codes: codes(false) }]) {
    expect(() => compose(others)).toThrow(FactorConfigError);
    expect(() => compose(others)).toThrow('factors.alone signs users up without another way in');
  }
  expect(() => compose({ codes: codes(true) })).not.toThrow();
});

it.each([
  {},
  { keepDays: 0 },
  { keepDays: 3651 },
  { keepDays: 1.5 },
  { keepDays: '30' },
  { keepDays: 30, batch: 5 },
  30,
  [30],
  null,
])('the event log cannot be kept for %j', (eventLog) => {
  const options = { keys: generateKey('test'), selfCheck: false, factors: { own: factor } };
  expect(() => composeFactors({ ...options, eventLog: eventLog as never })).toThrow(
    'option "eventLog" must be true, false, or { keepDays } with',
  );
  expect(() => composeFactors({ ...options, eventLog: { keepDays: 3650 } })).not.toThrow();
});
