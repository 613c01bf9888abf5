import { FactorError, type FactorErrorCode } from '@parse-factors/core';

/** Sentences of the built-in adapter, as clients show or look for them, by the error that they stand for. */
export type OldWords = Readonly<Partial<Record<FactorErrorCode, string>>>;

/** Of an answer. */
export const TOKEN_WORDS: OldWords = {
  code_rejected: 'Invalid MFA token',
  code_expired: 'Invalid MFA token',
  invalid_input: 'Invalid MFA token',
};

/** Of a number to which a code is to go. */
export const MOBILE_WORDS: OldWords = { invalid_input: 'Invalid mobile number.', address_refused: 'Invalid mobile number.' };

/** Of a number that is confirmed. */
export const CONFIRM_WORDS: OldWords = { ...TOKEN_WORDS, ...MOBILE_WORDS, code_expired: 'This number is not pending' };

/** Does the work; its errors stay what they are, and say it as the built-in adapter does. */
export async function inOldWords<Result>(words: OldWords, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (fault) {
    const sentence = fault instanceof FactorError ? words[fault.code] : undefined;
    throw fault instanceof FactorError && sentence !== undefined ? new FactorError(fault.code, { sentence }) : fault;
  }
}
