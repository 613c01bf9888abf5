import { expect, it } from 'vitest';
import { FACTOR_ERRORS, FactorError, type FactorErrorCode } from './factor-error.js';

it('has the documented Parse code for every slug, and says slug and sentence', () => {
  const codes = Object.fromEntries(Object.entries(FACTOR_ERRORS).map(([slug, { parseCode }]) => [slug, parseCode]));
  expect(codes).toEqual({
    code_rejected: 210,
    code_expired: 210,
    locked: 155,
    cooldown: 155,
    not_enrolled: 210,
    already_enrolled: 210,
    factor_required: 211,
    enrolment_required: 211,
    fresh_proof_required: 119,
    session_required: 206,
    invalid_input: 142,
    address_refused: 142,
    password_refused: 142,
    delivery_failed: 141,
    unavailable: 1,
  });
  for (const slug of Object.keys(FACTOR_ERRORS) as FactorErrorCode[]) {
    expect(new FactorError(slug).message).toMatch(new RegExp(`^${slug}: [A-Z].*\\.$`));
  }
  const locked = new FactorError('locked', { retryAt: Date.UTC(2026, 0, 1) });
  expect(locked.message).toBe('locked: Too many failed attempts. Please retry after 2026-01-01T00:00:00.000Z');
  expect(locked.retryAt).toBe(Date.UTC(2026, 0, 1));
});
