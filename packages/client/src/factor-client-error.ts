/** The closed set of slugs by which factor errors are told apart. */
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
  | 'delivery_failed'
  | 'unavailable';

/** The Parse error code that goes with each slug. */
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
  delivery_failed: 141,
  unavailable: 1,
};

const KEYS = /: ([a-z]\w*(?:(?:, | or )[a-z]\w*)*)\.$/i;

/**
 * An error that a factor answered with. Anything else (no network, a wrong password, an ended
 * session, an error of the application) is thrown as the SDK throws it.
 */
export class FactorClientError extends Error {
  override readonly name = 'FactorClientError';
  /** What happened. */
  readonly slug: FactorErrorSlug;
  /** The Parse error code. */
  readonly code: number;
  /** When trying again can succeed; with `locked`, `cooldown` and a wait for recovery codes only, and not with each. */
  readonly retryAt: Date | undefined;
  /** With `factor_required` and `enrolment_required` the keys of the factors that are named; empty otherwise. */
  readonly missing: readonly string[];

  /** @param message as the server gives it: `<slug>: <sentence>` */
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

/** A factor's error of what the SDK has thrown; anything else as it is. */
export function toClientError(fault: unknown): unknown {
  const { code, message = '' } = (fault ?? {}) as { readonly code?: unknown; readonly message?: string };
  const [slug = ''] = message.split(':');
  const isOurs = Object.entries(FACTOR_ERROR_CODES).some(([name, expected]) => name === slug && code === expected);
  return isOurs ? new FactorClientError(slug as FactorErrorSlug, message) : fault;
}

/**
 * Whether a login was refused only because second factors were not given; Parse Server's own words.
 *
 * @returns the keys of which one is needed; undefined for anything else
 */
export function missingOf(fault: unknown): readonly string[] | undefined {
  const { code, message } = (fault ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const [, keys] = /^Missing additional authData (.+)$/.exec(String(message)) ?? [];
  return code === -1 ? keys?.split(',') : undefined;
}
