import { FactorError, type FactorErrorCode } from '@parse-factors/core';

/** A sentence of the built-in adapter, and the slug to use if it is not the original one. */
interface BuiltInMessage {
  readonly code?: FactorErrorCode;
  readonly sentence: string;
}

/** Sentences of the built-in adapter by error slug. Clients show them or search for them. */
export type BuiltInMessages = Readonly<Partial<Record<FactorErrorCode, BuiltInMessage>>>;

const WRONG_TOKEN: BuiltInMessage = { code: 'code_rejected', sentence: 'Invalid MFA token' };
const WRONG_NUMBER: BuiltInMessage = { sentence: 'Invalid mobile number.' };

/** For an answer: one sentence for every wrong token, whatever its format. */
export const TOKEN_MESSAGES: BuiltInMessages = {
  code_rejected: WRONG_TOKEN,
  code_expired: { sentence: 'Invalid MFA token' },
  invalid_input: WRONG_TOKEN,
};

/** For a number that a code is sent to. */
export const MOBILE_MESSAGES: BuiltInMessages = { invalid_input: WRONG_NUMBER, address_refused: WRONG_NUMBER };

/** For the code that confirms a number. */
export const CONFIRM_MESSAGES: BuiltInMessages = { ...TOKEN_MESSAGES, code_expired: { sentence: 'This number is not pending' } };

/** For the enrolment of an authenticator app. */
export const DATA_MESSAGES: BuiltInMessages = { invalid_input: { sentence: 'Invalid MFA data' } };

/** The built-in adapter's error for data that it cannot use. */
export const invalidData = (): FactorError => new FactorError('invalid_input', { sentence: 'Invalid MFA data' });

/** Runs `work` and gives its errors the sentences of the built-in adapter. */
export async function withBuiltInMessages<Result>(messages: BuiltInMessages, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (fault) {
    const message = fault instanceof FactorError ? messages[fault.code] : undefined;
    if (!(fault instanceof FactorError) || message === undefined) throw fault;
    throw new FactorError(message.code ?? fault.code, { sentence: message.sentence });
  }
}
