import {
  CODE_FACTOR_RULES,
  CodeFactor,
  DEFAULT_CODE_FACTOR_OPTIONS,
  functionOption,
  resolveOptions,
  type CodeFactorOptions,
  type FactorUser,
  type ResolvedCodeFactorOptions,
} from '@parse-factors/core/factor';
import { maskEmail, normaliseEmail } from './email-address.js';
import { mailboxOf } from './mailbox-of.js';

/** Options of {@link EmailOtpFactor}: those of every factor that sends a code, and `mailboxOf`. */
export interface EmailOtpOptions extends CodeFactorOptions {
  /**
   * Returns the mailbox that a normalised address is delivered to. `maxSendsPer10Minutes` and `maxSendsPerDay` count per
   * mailbox. Default: {@link mailboxOf}, which removes sub-addresses (`ann+news@…`) and knows the rules of large providers.
   * Return undefined to count an address on its own.
   */
  readonly mailboxOf?: (address: string) => string | undefined;
}

type Resolved = ResolvedCodeFactorOptions & Required<Pick<EmailOtpOptions, 'mailboxOf'>>;

/** The user's `email`, if Parse Server has verified it. */
function confirmedEmail(user: FactorUser): string | undefined {
  const email = user.get('email');
  return typeof email === 'string' && user.get('emailVerified') === true ? normaliseEmail(email) : undefined;
}

/**
 * One-time codes by email as a second factor. A user verifies an address once; from then on, a login needs a code sent there.
 * Payloads: `{ email }` to begin, `{ email, code }` to confirm, the code to answer. With policy `default` the code replaces the
 * password: `{ email }` begins, `{ id, code }` signs in or signs up.
 * Email is not an out-of-band authenticator in the sense of NIST SP 800-63B-4, section 3.1.3.1: anyone who reads the mailbox
 * has the factor. Prefer an authenticator app where users can have one.
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { EmailOtpFactor } from '@parse-factors/email-otp';
 * import { smtp } from '@parse-factors/email-otp/smtp';
 *
 * const channel = smtp({ url: process.env['SMTP_URL'] ?? '', from: 'Acme <codes@acme.example>' });
 * export const factors = (keys: string) =>
 *   composeFactors({
 *     keys,
 *     factors: {
 *       email: new EmailOtpFactor({ channel, appName: 'Acme' }), // a second factor
 *       emailLogin: new EmailOtpFactor({ channel, appName: 'Acme', policy: 'default' }), // replaces the password
 *     },
 *   });
 * ```
 */
export class EmailOtpFactor extends CodeFactor {
  /**
   * Codes expire after 10 minutes, unless `validityMs` is set.
   * @throws FactorConfigError naming the option and what it accepts
   */
  constructor(options: EmailOtpOptions) {
    const resolved = resolveOptions<Resolved>(
      'EmailOtpFactor',
      options,
      { ...CODE_FACTOR_RULES, mailboxOf: functionOption },
      { ...DEFAULT_CODE_FACTOR_OPTIONS, validityMs: 10 * 60_000, mailboxOf },
    );
    super(
      {
        field: 'email',
        noun: 'address',
        normalise: normaliseEmail,
        mask: maskEmail,
        mailboxOf: resolved.mailboxOf,
        confirmed: confirmedEmail,
        authentication: { amr: ['otp'], proves: 'nothing' }, // NIST SP 800-63B-4, section 3.1.3.1
      },
      resolved,
    );
  }
}
