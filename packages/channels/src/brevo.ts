import { type Channel, escapeHtml, type OutgoingMessage } from '@parse-factors/core/channel';
import { codes } from './support/faults.js';
import { json, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { idempotencyKey } from './support/idempotency-key.js';
import { mailSender, mailSenderOption, type ProviderOptions, resolveProvider, tokenOption } from './support/provider-options.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link brevo}. */
export interface BrevoOptions extends ProviderOptions {
  /** An API key (v3), `xkeysib-…`. */
  readonly apiKey: string;
  /** A verified sender: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
}

/**
 * Sends mail by Brevo's API, with one try each and an idempotency key. A message counts as sent after the documented reply:
 * status 201 and a message id. A recipient that Brevo calls invalid is `address_refused`. Any other failure is one of the
 * channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function brevo(options: BrevoOptions): Channel {
  const { apiKey, from, baseUrl, timeoutMs } = resolveProvider<BrevoOptions>('brevo', options, {
    apiKey: tokenOption,
    from: mailSenderOption,
  });
  const url = urlOf(baseUrl ?? 'https://api.brevo.com', '/v3/smtp/email');
  const api: ProviderApi = {
    timeoutMs,
    headers: { 'api-key': apiKey },
    isAccepted: ({ status, body: { messageId } }) => status === 201 && typeof messageId === 'string' && messageId !== '',
    // `invalid_parameter` is any invalid field; the message names which.
    codeOf: ({ body: { code, message } }) =>
      code === 'invalid_parameter' && /\bemail is not valid in to\b/.test(String(message)) ? 'invalid_to' : code,
    meanings: codes('refused', 'invalid_to'),
  };
  const send = async (message: OutgoingMessage): Promise<void> => {
    const { to, subject, text, html, signal } = message;
    const body = json({
      sender: mailSender(from),
      to: [{ email: to }],
      subject,
      textContent: text,
      // Brevo requires an HTML part.
      htmlContent: html ?? `<p style="white-space:pre-line">${escapeHtml(text)}</p>`,
      headers: { idempotencyKey: idempotencyKey(message) },
    });
    return post(api, { url, body, signal });
  };
  return { name: 'brevo', send, notify: send, ...reaching(url, api) };
}
