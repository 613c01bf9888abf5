import { FACTOR_ERRORS, FactorError, type FactorErrorCode } from '@parse-factors/core';
import { describe, expect, it } from 'vitest';
import { FACTOR_ERROR_CODES, FactorClientError, missingOf, toClientError } from '../src/factor-client-error.js';

const slugs = Object.keys(FACTOR_ERRORS) as FactorErrorCode[];

describe('an error of a factor', () => {
  it('has the slugs and codes of the server’s table, and no others', () => {
    const server = Object.fromEntries(Object.entries(FACTOR_ERRORS).map(([slug, { parseCode }]) => [slug, parseCode]));
    expect(FACTOR_ERROR_CODES).toEqual(server);
  });

  it.each(slugs)('%s is read from what the server says', (slug) => {
    const { parseCode: code, message } = new FactorError(slug);
    const error = toClientError({ code, message });
    expect(error).toBeInstanceOf(FactorClientError);
    expect(error).toMatchObject({ slug, code, message, retryAt: undefined, missing: [] });
  });

  it('says when to come back', () => {
    const { parseCode: code, message } = new FactorError('locked', { retryAt: Date.UTC(2026, 10, 22, 12) });
    expect(toClientError({ code, message })).toMatchObject({ retryAt: new Date('2026-11-22T12:00:00.000Z') });
  });

  it.each([
    ['factor_required', 'Also required: otp.', ['otp']],
    ['factor_required', 'Also required: otp, totp_2.', ['otp', 'totp_2']],
    ['factor_required', 'Also required: mfa or card.', ['mfa', 'card']],
    ['factor_required', '2 factors are required; also give one of: otp, email.', ['otp', 'email']],
    ['factor_required', 'Another factor is required; also give one of: passkey, totp.', ['passkey', 'totp']],
    ['enrolment_required', 'Set up 2 of these first: otp, email, totp.', ['otp', 'email', 'totp']],
    ['enrolment_required', 'Set up a second factor first.', []],
    ['invalid_input', 'Field "id" must be: one.', []],
  ] as const)('%s: "%s" names %j', (slug, sentence, missing) => {
    const { parseCode: code, message } = new FactorError(slug, { sentence });
    expect(toClientError({ code, message })).toMatchObject({ missing });
  });
});

describe('anything else', () => {
  it.each([
    { code: 101, message: 'Invalid username/password.' },
    { code: 141, message: 'locked: the door is' }, // an application's own, with a code of another kind
    { code: 142, message: 'invalid_inputs: no' },
    { code: 142, message: 'toString: no' },
    new TypeError('fetch failed'),
    undefined,
    'text',
  ])('%o stays as it is', (fault) => {
    expect(toClientError(fault)).toBe(fault);
  });

  it('is no login that needs factors, unless Parse Server says so', () => {
    expect(missingOf({ code: -1, message: 'Missing additional authData otp,email' })).toEqual(['otp', 'email']);
    expect(missingOf({ code: 141, message: 'Missing additional authData otp' })).toBe(undefined);
    expect(missingOf({ code: -1, message: 'Something else' })).toBe(undefined);
    expect(missingOf(undefined)).toBe(undefined);
  });
});
