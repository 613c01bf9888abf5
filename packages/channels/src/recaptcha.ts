import { type OptionRule, type RequestCheck } from '@parse-factors/core/factor';
import { actionOption, captcha, type CaptchaOptions, resolveCaptcha } from './support/captcha.js';
import { urlOf } from './support/http.js';

export type { CaptchaOptions } from './support/captcha.js';
export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link recaptcha}. */
export interface RecaptchaOptions extends CaptchaOptions {
  /** The action that the page executes. A token of another action is refused. */
  readonly action: string;
  /** The lowest score that is accepted, 0 to 1; 0.5 by default. 1 is very likely a person. */
  readonly minScore?: number;
  /** The header of the token, in lower case; `x-parse-factors-recaptcha` by default. */
  readonly header?: string;
}

const scoreOption: OptionRule = {
  accepts: 'a number from 0 to 1',
  isValid: (value) => typeof value === 'number' && value >= 0 && value <= 1,
};

/**
 * Checks a token of Google reCAPTCHA v3 before a message, for the option `allow` of a factor: its action and its score. Google
 * accepts each token once, for two minutes. One try; without the documented answer the message is refused, with `unavailable`.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function recaptcha(options: RecaptchaOptions): RequestCheck {
  const resolved = resolveCaptcha<RecaptchaOptions, 'minScore'>(
    'recaptcha',
    options,
    { header: 'x-parse-factors-recaptcha', minScore: 0.5 },
    {
      action: actionOption,
      minScore: scoreOption,
    },
  );
  const { action, minScore, baseUrl = 'https://www.google.com' } = resolved;
  return captcha(resolved, {
    url: urlOf(baseUrl, '/recaptcha/api/siteverify'),
    maxToken: 8192,
    isRight({ action: given, score }) {
      // A key of version 2 has no score.
      if (typeof score !== 'number') return { fault: 'no_score', isOurs: true };
      return { isYes: given === action && score >= minScore };
    },
  });
}
