/** The closed set of error slugs. Every error message that a client receives begins with one. */
export type FactorErrorCode =
  | 'code_rejected'
  | 'code_expired'
  | 'locked'
  | 'cooldown'
  | 'not_enrolled'
  | 'already_enrolled'
  | 'factor_required'
  | 'enrolment_required'
  | 'fresh_proof_required'
  | 'session_required'
  | 'invalid_input'
  | 'address_refused'
  | 'password_refused'
  | 'delivery_failed'
  | 'unavailable';

/** The Parse error code and the default sentence of every slug. */
export const FACTOR_ERRORS: Readonly<Record<FactorErrorCode, { readonly parseCode: number; readonly sentence: string }>> = {
  code_rejected: { parseCode: 210, sentence: 'The code is wrong.' },
  code_expired: { parseCode: 210, sentence: 'There is no valid code. Request a new one.' },
  locked: { parseCode: 155, sentence: 'Too many failed attempts.' },
  cooldown: { parseCode: 155, sentence: 'Too many requests.' },
  not_enrolled: { parseCode: 210, sentence: 'This factor is not set up.' },
  already_enrolled: { parseCode: 210, sentence: 'This factor is already set up.' },
  factor_required: { parseCode: 211, sentence: 'Another factor is required.' },
  enrolment_required: { parseCode: 211, sentence: 'Set up a second factor first.' },
  fresh_proof_required: { parseCode: 119, sentence: 'Verify one of your sign-in methods again, then retry.' },
  session_required: { parseCode: 206, sentence: 'Sign in first, then send this request with your session token.' },
  invalid_input: { parseCode: 142, sentence: 'The request is malformed.' },
  address_refused: { parseCode: 142, sentence: 'This address or phone number cannot be used.' },
  password_refused: {
    parseCode: 142,
    sentence: 'This password is easy to guess, or known from a data breach. Choose another one.',
  },
  delivery_failed: { parseCode: 141, sentence: 'The message could not be sent. Request a new code.' },
  unavailable: { parseCode: 1, sentence: 'The server cannot check this right now. Try again later.' },
};

/** What a {@link FactorError} may carry besides its slug. */
export interface FactorErrorDetails {
  /**
   * Replaces the default sentence. Must be a fixed text: never a code, a secret, an address or the message of another
   * error.
   */
  readonly sentence?: string;
  /** When a retry can succeed, in epoch milliseconds. The client receives it as `retry after <ISO 8601>`. */
  readonly retryAt?: number;
  /** The underlying fault, for the server's logs. Never sent to a client. */
  readonly cause?: unknown;
}

/**
 * The only error that factors and stores throw at run time. The client receives its message: `<slug>: <sentence>`.
 * The adapter turns it into the server's own `Parse.Error`.
 */
export class FactorError extends Error {
  override readonly name = 'FactorError';
  /** The slug, from a closed union. */
  readonly code: FactorErrorCode;
  /** The Parse error code of the slug. */
  readonly parseCode: number;
  /** When a retry can succeed, in epoch milliseconds. */
  readonly retryAt: number | undefined;

  constructor(code: FactorErrorCode, details: FactorErrorDetails = {}) {
    const { parseCode, sentence } = FACTOR_ERRORS[code];
    const when = details.retryAt === undefined ? '' : ` Please retry after ${new Date(details.retryAt).toISOString()}`;
    super(`${code}: ${details.sentence ?? sentence}${when}`, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.parseCode = parseCode;
    this.retryAt = details.retryAt;
  }
}

/** Tells whether a channel refused the address itself. No other channel is tried then. */
export const isAddressRefused = (fault: unknown): boolean => fault instanceof FactorError && fault.code === 'address_refused';
