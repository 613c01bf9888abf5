import type { Channel, OutgoingMessage } from '@parse-factors/core/channel';
import { choiceOption, patternOption } from '@parse-factors/core/factor';
import { codes } from './support/faults.js';
import { basic, form, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { mailHeader, mailSenderOption, type ProviderOptions, resolveProvider, tokenOption } from './support/provider-options.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link mailgun}. */
export interface MailgunOptions extends ProviderOptions {
  /** An API key, preferably a sending key of the domain. */
  readonly apiKey: string;
  /** The domain that sends, such as `mg.example.com`. */
  readonly domain: string;
  /** The sender: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
  /** Where the domain was created: `us` or `eu`; `us` by default. */
  readonly region?: 'us' | 'eu';
}

/**
 * Sends mail by Mailgun's API, with one try each and without tracking. A message counts as sent after the documented reply:
 * status 200 with an id and a message. A recipient that Mailgun calls invalid is `address_refused`. Any other failure is one of
 * the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function mailgun(options: MailgunOptions): Channel {
  const { apiKey, domain, from, region, baseUrl, timeoutMs } = resolveProvider<MailgunOptions, 'region'>(
    'mailgun',
    options,
    {
      apiKey: tokenOption,
      domain: patternOption(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, 'a domain such as mg.example.com'),
      from: mailSenderOption,
      region: choiceOption('us', 'eu'),
    },
    { region: 'us' },
  );
  const home = region === 'eu' ? 'https://api.eu.mailgun.net' : 'https://api.mailgun.net';
  const url = urlOf(baseUrl ?? home, `/v3/${domain}/messages`);
  const api: ProviderApi = {
    timeoutMs,
    headers: { Authorization: basic('api', apiKey) },
    isAccepted: ({ status, body: { id, message } }) =>
      status === 200 && typeof id === 'string' && id !== '' && typeof message === 'string',
    // Mailgun has texts and no codes.
    codeOf: ({ body: { message } }) =>
      /^'?to'? parameter is not a valid address/.test(String(message)) ? 'invalid_to' : undefined,
    meanings: codes('refused', 'invalid_to'),
  };
  const send = async ({ to, subject, text, html, signal }: OutgoingMessage): Promise<void> => {
    // No tracking pixel and no rewritten links: third parties must not learn who reads a code.
    const fields = { from: mailHeader(from), to, subject, text, ...(html !== undefined && { html }), 'o:tracking': 'no' };
    return post(api, { url, body: form(fields), signal });
  };
  return { name: 'mailgun', send, notify: send, ...reaching(url, api) };
}
