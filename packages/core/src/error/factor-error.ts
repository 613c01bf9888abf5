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
  | 'delivery_failed'
  | 'unavailable';

/** The Parse error code and the default sentence of every slug. */
export const FACTOR_ERRORS: Readonly<Record<FactorErrorCode, { readonly parseCode: number; readonly sentence: string }>> = {
  code_rejected: { parseCode: 210, sentence: 'The code is not right.' },
  code_expired: { parseCode: 210, sentence: 'There is no valid code. Ask for a new one.' },
  locked: { parseCode: 155, sentence: 'Too many failed attempts.' },
  cooldown: { parseCode: 155, sentence: 'Asked for too soon or too often.' },
  not_enrolled: { parseCode: 210, sentence: 'This factor is not set up.' },
  already_enrolled: { parseCode: 210, sentence: 'This factor is already set up.' },
  factor_required: { parseCode: 211, sentence: 'More factors are required.' },
  enrolment_required: { parseCode: 211, sentence: 'A factor must be set up first.' },
  fresh_proof_required: { parseCode: 119, sentence: 'Answer a factor of yours again first.' },
  session_required: { parseCode: 206, sentence: "Setting up a factor needs the user's own session." },
  invalid_input: { parseCode: 142, sentence: 'The input is malformed.' },
  address_refused: { parseCode: 142, sentence: 'This address cannot be used.' },
  delivery_failed: { parseCode: 141, sentence: 'The code could not be delivered. Ask for a new one.' },
  unavailable: { parseCode: 1, sentence: 'The factor cannot be checked right now. Try again later.' },
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
