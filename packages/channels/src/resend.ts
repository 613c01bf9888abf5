import type { Channel, OutgoingMessage } from '@parse-factors/core/channel';
import { patternOption } from '@parse-factors/core/factor';
import { codes } from './support/faults.js';
import { json, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { idempotencyKey } from './support/idempotency-key.js';
import { mailHeader, mailSenderOption, type ProviderOptions, resolveProvider } from './support/provider-options.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link resend}. */
export interface ResendOptions extends ProviderOptions {
  /** An API key with the right to send, `re_…`. */
  readonly apiKey: string;
  /** A sender of a verified domain: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
}

/**
 * Sends mail by Resend's API, with one try each and an idempotency key. A message counts as sent after the documented reply:
 * status 200 and an id. A recipient that Resend calls invalid is `address_refused`. Any other failure is one of the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function resend(options: ResendOptions): Channel {
  const { apiKey, from, baseUrl, timeoutMs } = resolveProvider<ResendOptions>('resend', options, {
    apiKey: patternOption(/^re_[!-~]{1,200}$/, 'an API key that begins with "re_"'),
    from: mailSenderOption,
  });
  const url = urlOf(baseUrl ?? 'https://api.resend.com', '/emails');
  const api: ProviderApi = {
    timeoutMs,
    headers: { Authorization: `Bearer ${apiKey}` },
    isAccepted: ({ status, body: { id } }) => status === 200 && typeof id === 'string' && id !== '',
    // `validation_error` is any invalid field; the message names which.
    codeOf: ({ body: { name, message } }) =>
      name === 'validation_error' && /^Invalid [`'"]?to[`'"]? field/.test(String(message)) ? 'invalid_to' : name,
    meanings: {
      ...codes('refused', 'invalid_to', 'invalid_to_address'),
      ...codes('throttled', 'rate_limit_exceeded', 'daily_quota_exceeded', 'monthly_quota_exceeded'),
    },
  };
  const send = async (message: OutgoingMessage): Promise<void> => {
    const { to, subject, text, html, signal } = message;
    const body = json({ from: mailHeader(from), to: [to], subject, text, ...(html !== undefined && { html }) });
    return post(api, { url, body, headers: { 'Idempotency-Key': idempotencyKey(message) }, signal });
  };
  return { name: 'resend', send, notify: send, ...reaching(url, api) };
}
