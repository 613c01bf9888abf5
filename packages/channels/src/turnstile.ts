import { optional, type RequestCheck } from '@parse-factors/core/factor';
import { actionOption, captcha, type CaptchaOptions, resolveCaptcha } from './support/captcha.js';
import { urlOf } from './support/http.js';

export type { CaptchaOptions } from './support/captcha.js';
export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link turnstile}. */
export interface TurnstileOptions extends CaptchaOptions {
  /** The action that the widget was rendered with. A token of another action is refused. By default any is accepted. */
  readonly action?: string;
  /** The header of the token, in lower case; `x-parse-factors-turnstile` by default. */
  readonly header?: string;
}

/**
 * Checks a token of Cloudflare Turnstile before a message, for the option `allow` of a factor. Cloudflare accepts each token
 * once, for five minutes. One try; without the documented answer the message is refused, with `unavailable`.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function turnstile(options: TurnstileOptions): RequestCheck {
  const resolved = resolveCaptcha<TurnstileOptions>(
    'turnstile',
    options,
    { header: 'x-parse-factors-turnstile' },
    {
      action: optional(actionOption),
    },
  );
  const { action, baseUrl = 'https://challenges.cloudflare.com' } = resolved;
  return captcha(resolved, {
    url: urlOf(baseUrl, '/turnstile/v0/siteverify'),
    maxToken: 2048,
    isRight: (body) => ({ isYes: action === undefined || body['action'] === action }),
  });
}
