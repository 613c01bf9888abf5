import { optional, patternOption, type RequestCheck } from '@parse-factors/core/factor';
import { captcha, type CaptchaOptions, resolveCaptcha } from './support/captcha.js';
import { urlOf } from './support/http.js';

export type { CaptchaOptions } from './support/captcha.js';
export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link hcaptcha}. */
export interface HcaptchaOptions extends CaptchaOptions {
  /** The site key that tokens must be of. Give it if the account has several sites. By default any of the account is accepted. */
  readonly siteKey?: string;
  /** The header of the token, in lower case; `x-parse-factors-hcaptcha` by default. */
  readonly header?: string;
}

/**
 * Checks a token of hCaptcha before a message, for the option `allow` of a factor. hCaptcha accepts each token once, for two
 * minutes. One try; without the documented answer the message is refused, with `unavailable`.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function hcaptcha(options: HcaptchaOptions): RequestCheck {
  const resolved = resolveCaptcha<HcaptchaOptions>(
    'hcaptcha',
    options,
    { header: 'x-parse-factors-hcaptcha' },
    {
      siteKey: optional(patternOption(/^[\w-]{1,64}$/, 'a site key')),
    },
  );
  const { siteKey, baseUrl = 'https://api.hcaptcha.com' } = resolved;
  return captcha(resolved, {
    url: urlOf(baseUrl, '/siteverify'),
    maxToken: 8192,
    ...(siteKey !== undefined && { fields: { sitekey: siteKey } }),
  });
}
