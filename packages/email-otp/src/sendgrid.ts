import { MessageNotAccepted, type Channel, type OutgoingMessage } from '@parse-factors/core/channel';
import { choiceOption, integerOption, optional, resolveOptions, textOption, urlOption } from '@parse-factors/core/factor';
import { MailService, type MailDataRequired } from '@sendgrid/mail';

/** Options of {@link sendgrid}. */
export interface SendgridOptions {
  /** API key with the right to send, `SG.…`. */
  readonly apiKey: string;
  /** Verified sender: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
  /**
   * A dynamic template, `d-…`, in the place of our texts for codes. It is given `code`, `validMinutes`,
   * `purpose`, `locale`, `subject` and `text`. Notices keep our texts.
   */
  readonly templateId?: string;
  /** Whether SendGrid only checks messages and sends none (sandbox mode); false by default. */
  readonly sandbox?: boolean;
  /** Another address of SendGrid's API, such as `https://api.eu.sendgrid.com/`; the global one by default. */
  readonly baseUrl?: string;
  /** How long one request may take, in milliseconds; 30,000 by default. */
  readonly timeoutMs?: number;
}

/** The part of the mail service's own client that its types leave out. */
interface ServiceClient {
  readonly client: { setDefaultRequest(request: Readonly<Record<string, unknown>>): void };
}

/**
 * Sends messages with SendGrid's own client, one try each. A message counts as sent when SendGrid answered as
 * it documents: 202 (in sandbox mode 200) without a body. Redirects are not followed.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function sendgrid(options: SendgridOptions): Channel {
  const { apiKey, from, templateId, sandbox, baseUrl, timeoutMs } = resolveOptions<SendgridOptions>(
    'sendgrid',
    options,
    {
      apiKey: { accepts: 'an API key, SG.…', isValid: (value) => typeof value === 'string' && /^SG\.\S+$/.test(value) },
      from: textOption(320),
      templateId: optional({
        accepts: 'the id of a dynamic template, d-…',
        isValid: (value) => typeof value === 'string' && /^d-[0-9a-f]{32}$/.test(value),
      }),
      sandbox: choiceOption(true, false),
      baseUrl: optional(urlOption('https:', 'http:')),
      timeoutMs: integerOption(50, 60_000),
    },
    { sandbox: false, timeoutMs: 30_000 },
  );
  const sendOne = async (message: MailDataRequired, signal: AbortSignal): Promise<void> => {
    // A service for each message: the client takes the signal only as a default of its own.
    const mail = new MailService();
    mail.setApiKey(apiKey);
    (mail as unknown as ServiceClient).client.setDefaultRequest({
      timeout: timeoutMs ?? 30_000,
      signal,
      maxRedirects: 0,
      ...(baseUrl !== undefined && { baseUrl }),
    });
    const [{ statusCode, body }] = await mail.send(message);
    const isAccepted = statusCode === (sandbox === true ? 200 : 202) && String(body) === '';
    if (!isAccepted) throw new MessageNotAccepted();
  };
  const settings = {
    from,
    // A code is nobody else's business: no picture that tells who has read it, no rewritten words.
    trackingSettings: { clickTracking: { enable: false }, openTracking: { enable: false } },
    ...(sandbox === true && { mailSettings: { sandboxMode: { enable: true } } }),
  };
  const notify = ({ to, subject, text, html, signal }: OutgoingMessage): Promise<void> =>
    sendOne({ ...settings, to, subject, text, ...(html !== undefined && { html }) }, signal);
  return {
    name: 'sendgrid',
    async send(delivery) {
      if (templateId === undefined) return notify(delivery);
      const { to, code, validMinutes, purpose, locale, subject, text, signal } = delivery;
      const dynamicTemplateData = { code, validMinutes, purpose, locale, subject, text };
      return sendOne({ ...settings, to, templateId, dynamicTemplateData }, signal);
    },
    notify,
  };
}
