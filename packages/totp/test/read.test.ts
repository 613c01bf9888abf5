import { FactorError } from '@parse-factors/core';
import type { PayloadSource } from '@parse-factors/core/factor';
import { describe, expect, it } from 'vitest';
import { TotpFactor, type TotpEnrolment } from '../src/index.js';

const user = { id: 'u1', get: () => undefined };
const enrolled = (digits: number): TotpEnrolment => ({ secret: 'A'.repeat(32), algorithm: 'SHA1', digits, stepSeconds: 30 });
const read = (payload: unknown, at: PayloadSource<TotpEnrolment>['at'], enrolment?: TotpEnrolment, digits: 6 | 8 = 6) =>
  new TotpFactor({ issuer: 'Acme', digits }).read(payload, { at, user, enrolment });

describe('a payload for an authenticator', () => {
  it.each([
    [true, 'challenge', undefined, { do: 'begin-or-challenge' }],
    [true, 'challenge', enrolled(6), { do: 'begin-or-challenge' }],
    [{ purpose: 'fresh-proof' }, 'challenge', enrolled(6), { do: 'challenge' }],
    ['123 456', 'save', undefined, { do: 'enrol', confirmation: '123456' }],
    [{ code: '123456' }, 'save', enrolled(6), { do: 'enrol-or-answer', answer: '123456', confirmation: '123456' }],
    ['123456', 'sign-in', enrolled(6), { do: 'answer', answer: '123456' }],
    ['123456', 'sign-in', undefined, { do: 'enrol', confirmation: '123456' }],
  ] as const)('%j at a %s is read with its meaning', (payload, at, enrolment, command) => {
    expect(read(payload, at, enrolment)).toMatchObject(command);
  });

  it.each([
    ['123456', 'challenge', undefined],
    [{ purpose: 'fresh-proof' }, 'challenge', undefined],
    [true, 'save', enrolled(6)],
    ['1234567', 'save', enrolled(6)],
    [{ code: '123456', name: 'x' }, 'sign-in', enrolled(6)],
  ] as const)('%j at a %s is refused', (payload, at, enrolment) => {
    expect(() => read(payload, at, enrolment)).toThrow(FactorError);
  });

  it('may have the digits of the authenticator that there is, or of the one that takes its place', () => {
    for (const code of ['123456', '12345678']) expect(read(code, 'save', enrolled(6), 8)).toMatchObject({ answer: code });
    expect(() => read('12345678', 'sign-in', enrolled(6), 8)).toThrow('must be a string of 6 digits');
  });
});
