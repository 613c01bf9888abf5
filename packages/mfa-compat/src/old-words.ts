import { FactorError, type FactorErrorCode } from '@parse-factors/core';

/** How the built-in adapter says it, and the error that it stands for, where that is another one. */
interface OldWord {
  readonly code?: FactorErrorCode;
  readonly sentence: string;
}

/** Sentences of the built-in adapter, as clients show or look for them, by the error that they stand for. */
export type OldWords = Readonly<Partial<Record<FactorErrorCode, OldWord>>>;

const WRONG_TOKEN: OldWord = { code: 'code_rejected', sentence: 'Invalid MFA token' };
const WRONG_NUMBER: OldWord = { sentence: 'Invalid mobile number.' };

/** Of an answer: one word for every wrong token, whatever its shape. */
export const TOKEN_WORDS: OldWords = {
  code_rejected: WRONG_TOKEN,
  code_expired: { sentence: 'Invalid MFA token' },
  invalid_input: WRONG_TOKEN,
};

/** Of a number to which a code is to go. */
export const MOBILE_WORDS: OldWords = { invalid_input: WRONG_NUMBER, address_refused: WRONG_NUMBER };

/** Of the code that confirms a number. */
export const CONFIRM_WORDS: OldWords = { ...TOKEN_WORDS, code_expired: { sentence: 'This number is not pending' } };

/** Of what sets up an authenticator. */
export const DATA_WORDS: OldWords = { invalid_input: { sentence: 'Invalid MFA data' } };

/** Does the work; its errors say it as the built-in adapter does. */
export async function inOldWords<Result>(words: OldWords, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (fault) {
    const word = fault instanceof FactorError ? words[fault.code] : undefined;
    if (!(fault instanceof FactorError) || word === undefined) throw fault;
    throw new FactorError(word.code ?? fault.code, { sentence: word.sentence });
  }
}
