import { FactorError } from '@parse-factors/core';
import type { AddressEnrolment, PayloadSource } from '@parse-factors/core/factor';
import { describe, expect, it } from 'vitest';
import { EmailOtpFactor, type EmailOtpOptions } from '../src/index.js';

const ANN = 'ann@example.com';
const own: AddressEnrolment = { address: ANN };
const user = { id: 'u1', get: (field: string) => (field === 'mail' ? 'new@example.com' : undefined) };
const channel = async (): Promise<void> => undefined;
type At = PayloadSource<AddressEnrolment>['at'];
const read = (options: Partial<EmailOtpOptions>, payload: unknown, at: At, enrolment?: AddressEnrolment) =>
  new EmailOtpFactor({ channel, ...options }).read(payload, { at, user, enrolment });
const moved: Partial<EmailOtpOptions> = { destination: (someone) => String(someone.get('mail')) };
const primary: Partial<EmailOtpOptions> = { policy: 'default' };

describe('a payload for a code by e-mail', () => {
  it.each<[string, Partial<EmailOtpOptions>, unknown, At, AddressEnrolment | undefined, object]>([
    ['begins', {}, { email: 'Ann@Example.com' }, 'challenge', undefined, { do: 'begin', begin: ANN }],
    ['begins for another address', {}, { email: 'b@example.com' }, 'challenge', own, { do: 'begin', begin: 'b@example.com' }],
    ['asks for a code', {}, true, 'challenge', own, { do: 'challenge' }],
    ['asks for either, where the address has changed', moved, true, 'challenge', own, { do: 'begin-or-challenge' }],
    ['confirms', {}, { email: ANN, code: '123456' }, 'save', undefined, { do: 'enrol', confirmation: { address: ANN } }],
    ['answers', {}, '123456', 'save', own, { do: 'answer', answer: { code: '123456' } }],
    ['is either, where the address has changed', moved, '123456', 'save', own, { do: 'enrol-or-answer' }],
    ['answers at a login, whatever has changed', moved, '123456', 'sign-in', own, { do: 'answer' }],
    ['answers with the own id', primary, { id: ANN, code: '123456' }, 'save', own, { do: 'answer' }],
    [
      'links another id',
      primary,
      { id: 'b@example.com', otp: '123456' },
      'save',
      own,
      { do: 'enrol', confirmation: { id: 'b@example.com' } },
    ],
  ])('%s', async (_what, options, payload, at, enrolment, command) => {
    await expect(read(options, payload, at, enrolment)).resolves.toMatchObject(command);
  });

  it.each<[string, Partial<EmailOtpOptions>, unknown, At, AddressEnrolment | undefined]>([
    ['a challenge without an address', {}, true, 'challenge', undefined],
    ['a code without its address', {}, '123456', 'save', undefined],
    ['a code and a name of its own', {}, { code: '123456', to: ANN }, 'sign-in', own],
    ['an id in another form', primary, { id: 'B@example.com', code: '123456' }, 'save', own],
    ['a code without an id', primary, '123456', 'save', undefined],
  ])('%s is refused', async (_what, options, payload, at, enrolment) => {
    await expect(read(options, payload, at, enrolment)).rejects.toThrow(FactorError);
  });
});
