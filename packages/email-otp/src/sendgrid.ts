import { integerOption, optional, resolveOptions, textOption, urlOption, type Channel } from '@parse-factors/core';
import { MailService } from '@sendgrid/mail';

/** Options of {@link sendgrid}. */
export interface SendgridOptions {
  /** API key with the right to send, `SG.…`. */
  readonly apiKey: string;
  /** Verified sender: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
  /** Another address of SendGrid's API, such as `https://api.eu.sendgrid.com/`; the global one by default. */
  readonly baseUrl?: string;
  /** How long one request may take, in milliseconds; 30,000 by default. */
  readonly timeoutMs?: number;
}

/** The part of the mail service's own client that its types leave out. */
interface ServiceClient {
  readonly client: { setDefaultRequest(name: 'baseUrl', value: string): void };
}

/**
 * Sends messages with SendGrid's own client, one try each.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function sendgrid(options: SendgridOptions): Channel {
  const { apiKey, from, baseUrl, timeoutMs } = resolveOptions<SendgridOptions>(
    'sendgrid',
    options,
    {
      apiKey: { accepts: 'an API key, SG.…', isValid: (value) => typeof value === 'string' && /^SG\.\S+$/.test(value) },
      from: textOption(320),
      baseUrl: optional(urlOption('https:', 'http:')),
      timeoutMs: integerOption(50, 60_000),
    },
    { timeoutMs: 30_000 },
  );
  // A service of its own: the package's shared one belongs to the application.
  const mail = new MailService();
  mail.setApiKey(apiKey);
  mail.setTimeout(timeoutMs ?? 30_000);
  if (baseUrl !== undefined) (mail as unknown as ServiceClient).client.setDefaultRequest('baseUrl', baseUrl);
  return {
    name: 'sendgrid',
    async send({ to, subject, text }) {
      await mail.send({ to, from, subject, text });
    },
  };
}
