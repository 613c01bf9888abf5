import { FactorConfigError } from '@parse-factors/core';
import { isVerifier } from '@parse-factors/core/channel';
import {
  choiceOption,
  CODE_FACTOR_RULES,
  CodeFactor,
  type ConversionLimit,
  conversionOption,
  DEFAULT_CODE_FACTOR_OPTIONS,
  integerOption,
  optional,
  resolveOptions,
  type CodeFactorOptions,
  type ResolvedCodeFactorOptions,
} from '@parse-factors/core/factor';
import { appHashesOption, autofillLines, hostOption } from './autofill.js';
import { countriesOption } from './countries.js';
import { maskPhone, normalisePhone, normaliseTestPhone, regionOf, type Country } from './phone-number.js';

/** Options of {@link SmsOtpFactor}. */
export interface SmsOtpOptions extends CodeFactorOptions {
  /**
   * The countries that codes may be sent to, as ISO 3166-1 alpha-2 codes, such as `['FR', 'US']`. At least one. Territories
   * with their own numbers are listed separately: Puerto Rico (`PR`) besides `US`, Jersey (`JE`) besides `GB`.
   */
  readonly countries: readonly Country[];
  /** Messages in an hour to numbers that differ only in their last four digits, 1 to 1,000,000; 30 by default. */
  readonly maxSendsPerPrefix?: number;
  /**
   * Closes a country, for numbers that are not set up, while too few of its codes come back (SMS pumping); never by default.
   * Each message to a new number uses one of `messages`; each code that comes back restores what `minPercent` demands of it.
   * After `windowMs`, the count begins anew.
   */
  readonly conversion?: ConversionLimit;
  /**
   * The site that codes are for, such as `example.com`. Every message then ends with a line from which browsers and iOS fill in
   * the code, on that site only (phishing). No such line by default.
   */
  readonly origin?: string;
  /**
   * The site of an `<iframe>` that asks for the code inside of a page of `origin`, such as `pay.example`. Codes are then filled
   * in there only.
   */
  readonly embeddedOrigin?: string;
  /**
   * The hashes of your Android apps for the SMS Retriever API, 1 to 5, each of 11 characters. A request that names one in the
   * header `X-App-Hash` gets a message that ends with it, in place of the line for `origin`. Without `origin`, all other messages
   * end with the first one.
   */
  readonly appHashes?: readonly string[];
  /**
   * Accepts numbers reserved for fiction (+1 555 …), which belong to no subscriber. For tests and development; refused with
   * `NODE_ENV=production`. False by default.
   */
  readonly allowFictional?: boolean;
}

const AUTOFILL = ['origin', 'embeddedOrigin', 'appHashes'] as const;

type Resolved = ResolvedCodeFactorOptions &
  Required<Pick<SmsOtpOptions, 'countries' | 'maxSendsPerPrefix' | 'allowFictional'>> &
  Pick<SmsOtpOptions, (typeof AUTOFILL)[number] | 'conversion'>;

/**
 * One-time codes by SMS as a second factor. A user verifies a mobile number once; from then on, a login needs a code sent
 * there.
 * Payloads: `{ phone }` in E.164 to begin, `{ phone, code }` to confirm, the code to answer. With policy `default` the code
 * replaces the password: `{ phone }` begins, `{ id, code }` signs in or signs up.
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { SmsOtpFactor } from '@parse-factors/sms-otp';
 * import { twilio } from '@parse-factors/sms-otp/twilio';
 *
 * const channel = twilio({
 *   accountSid: process.env['TWILIO_ACCOUNT_SID'] ?? '',
 *   authToken: process.env['TWILIO_AUTH_TOKEN'] ?? '',
 *   from: '+14155552671',
 * });
 * export const factors = (keys: string) =>
 *   composeFactors({ keys, factors: { sms: new SmsOtpFactor({ channel, countries: ['FR', 'US'] }) } });
 * ```
 */
export class SmsOtpFactor extends CodeFactor {
  /**
   * Codes expire after 5 minutes, unless `validityMs` is set.
   * @throws FactorConfigError naming the option and what it accepts
   */
  constructor(options: SmsOtpOptions) {
    const resolved = resolveOptions<Resolved>(
      'SmsOtpFactor',
      options,
      {
        ...CODE_FACTOR_RULES,
        countries: countriesOption,
        maxSendsPerPrefix: integerOption(1, 1e6),
        conversion: optional(conversionOption),
        origin: hostOption,
        embeddedOrigin: hostOption,
        appHashes: appHashesOption,
        allowFictional: choiceOption(true, false),
      },
      { ...DEFAULT_CODE_FACTOR_OPTIONS, validityMs: 5 * 60_000, maxSendsPerPrefix: 30, allowFictional: false },
    );
    if (resolved.allowFictional && process.env['NODE_ENV'] === 'production') {
      throw new FactorConfigError('SmsOtpFactor: option "allowFictional" must not be set with NODE_ENV=production');
    }
    const { conversion } = resolved;
    const unused = AUTOFILL.find((name) => resolved[name] !== undefined);
    if (unused !== undefined && isVerifier(resolved.channel)) {
      const why = 'has no effect with a verifier, whose provider writes the message; leave it out';
      throw new FactorConfigError(`SmsOtpFactor: option "${unused}" ${why}`);
    }
    if (resolved.embeddedOrigin !== undefined && resolved.origin === undefined) {
      throw new FactorConfigError('SmsOtpFactor: option "embeddedOrigin" works only with option "origin"');
    }
    super(
      {
        field: 'phone',
        noun: 'number',
        normalise: (input) => normalisePhone(input, resolved),
        normaliseForTests: (input) => normaliseTestPhone(input, resolved),
        mask: maskPhone,
        authentication: { amr: ['sms'], proves: 'possession' }, // NIST SP 800-63B-4, section 3.1.3.3
        region: regionOf,
        maxSendsPerPrefix: resolved.maxSendsPerPrefix,
        ...(conversion !== undefined && { conversion }),
        autofillLine: autofillLines(resolved),
      },
      resolved,
    );
  }
}
