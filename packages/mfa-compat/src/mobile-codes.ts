import {
  CodeFactor,
  DEFAULT_CODE_FACTOR_OPTIONS,
  digitsRule,
  readCode,
  readFields,
  type CodeAnswer,
  type FieldRule,
} from '@parse-factors/core/factor';
import { maskPhone, regionOf } from '@parse-factors/sms-otp';
import { normaliseMobile, type ResolvedMfaOptions } from './mfa-options.js';

/** A code is valid at least until another one may be requested. */
const MIN_VALIDITY_MS = 60_000;

/** Accepts any text; the normalisation checks it. */
const ANY: FieldRule = { maxLength: 320, pattern: /^/, accepts: 'a string' };

/** Codes by SMS. They are created, rate limited and verified like those of every other code factor. */
export class MobileCodes extends CodeFactor {
  readonly #options: ResolvedMfaOptions;

  constructor(options: ResolvedMfaOptions) {
    const { sendSMS, digits, period, maxAttempts, maxFailures, lockMs, maxLockMs, budget, allow } = options;
    const { cooldownMs, maxSendsPer10Minutes, maxSendsPerDay, maxSendsPerIp, maxSendsPerPrefix } = options;
    super(
      {
        field: 'mobile',
        noun: 'number',
        normalise: (input) => normaliseMobile(input, options),
        mask: maskPhone,
        region: regionOf,
        maxSendsPerPrefix,
      },
      {
        ...DEFAULT_CODE_FACTOR_OPTIONS,
        maxAttempts,
        maxFailures,
        lockMs,
        maxLockMs,
        cooldownMs,
        maxSendsPer10Minutes,
        maxSendsPerDay,
        maxSendsPerIp,
        ...(budget !== undefined && { budget }),
        ...(allow !== undefined && { allow }),
        codeLength: digits,
        validityMs: Math.max(period * 1000, MIN_VALIDITY_MS),
        channel: { name: 'sendSMS', send: async ({ code, to }) => void (await sendSMS?.(code, to)) },
      },
    );
    this.#options = options;
  }

  /** Reads a code. @throws FactorError `invalid_input` */
  readAnswer(token: unknown): CodeAnswer {
    return { id: undefined, address: undefined, code: readCode({ code: token }, digitsRule(this.#options.digits)) };
  }

  /** Reads a number. @throws FactorError `invalid_input`, `address_refused` */
  readNumber(mobile: unknown): string {
    return normaliseMobile(readFields({ mobile }, { mobile: ANY }).mobile, this.#options);
  }
}
