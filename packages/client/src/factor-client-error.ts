/** The slugs that tell factor errors apart. The set is closed. */
export type FactorErrorSlug =
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

/** The Parse error code of each slug. */
export const FACTOR_ERROR_CODES: Readonly<Record<FactorErrorSlug, number>> = {
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
};

const KEYS = /: ([a-z]\w*(?:(?:, | or )[a-z]\w*)*)\.$/i;

/**
 * An error that a factor replied with. All other errors (no network, a wrong password, an ended session, an application error)
 * are thrown as the SDK throws them.
 */
export class FactorClientError extends Error {
  override readonly name = 'FactorClientError';
  /** The slug: what went wrong. */
  readonly slug: FactorErrorSlug;
  /** The Parse error code. */
  readonly code: number;
  /** When the user may try again. Set for some `locked`, `cooldown` and `fresh_proof_required` errors only. */
  readonly retryAt: Date | undefined;
  /** The keys of the factors that `factor_required` and `enrolment_required` name. Empty for all other slugs. */
  readonly missing: readonly string[];

  /** @param message the server's message: `<slug>: <sentence>` */
  constructor(slug: FactorErrorSlug, message: string) {
    super(message);
    this.slug = slug;
    this.code = FACTOR_ERROR_CODES[slug];
    const [, retryAt] = / retry after (\S+)$/.exec(message) ?? [];
    this.retryAt = Number.isNaN(Date.parse(retryAt ?? '')) ? undefined : new Date(retryAt ?? '');
    const names = this.code === FACTOR_ERROR_CODES.factor_required ? KEYS.exec(message)?.[1] : undefined;
    this.missing = names === undefined ? [] : names.split(/, | or /);
  }
}

/**
 * Turns an error of the SDK into a {@link FactorClientError} if a factor replied with it. Other errors are returned unchanged.
 */
export function toClientError(fault: unknown): unknown {
  const { code, message = '' } = (fault ?? {}) as { readonly code?: unknown; readonly message?: string };
  const [slug = ''] = message.split(':');
  const isOurs = Object.entries(FACTOR_ERROR_CODES).some(([name, expected]) => name === slug && code === expected);
  return isOurs ? new FactorClientError(slug as FactorErrorSlug, message) : fault;
}

/**
 * Reads which second factors a login was refused for, from Parse Server's own error message.
 * @returns the factor keys, of which one is needed; undefined for any other error
 */
export function missingOf(fault: unknown): readonly string[] | undefined {
  const { code, message } = (fault ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const [, keys] = /^Missing additional authData (.+)$/.exec(String(message)) ?? [];
  return code === -1 ? keys?.split(',') : undefined;
}
