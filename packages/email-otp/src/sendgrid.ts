import { MessageNotAccepted, type Channel, type OutgoingMessage } from '@parse-factors/core/channel';
import { baseUrlOption, choiceOption, integerOption, optional, resolveOptions, textOption } from '@parse-factors/core/factor';
import { MailService, type MailDataRequired } from '@sendgrid/mail';

/** Options of {@link sendgrid}. */
export interface SendgridOptions {
  /** An API key with permission to send mail, `SG.…`. */
  readonly apiKey: string;
  /** Verified sender: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
  /**
   * A dynamic template, `d-…`, that replaces the built-in text for codes. It receives `code`, `validMinutes`, `purpose`,
   * `locale`, `subject` and `text`. Notifications keep the built-in texts.
   */
  readonly templateId?: string;
  /** Whether SendGrid only validates messages and sends none (sandbox mode); false by default. */
  readonly sandbox?: boolean;
  /** The base URL of SendGrid's API, such as `https://api.eu.sendgrid.com/`; the global API by default. */
  readonly baseUrl?: string;
  /** Timeout of one request in milliseconds, 50 to 60,000; 30,000 by default. */
  readonly timeoutMs?: number;
}

/** The part of the mail service's client that its types omit. */
interface ServiceClient {
  readonly client: {
    setDefaultRequest(request: Readonly<Record<string, unknown>>): void;
    request(request: { readonly method: 'HEAD'; readonly url: string }): Promise<unknown>;
  };
}

/** SendGrid accepts a message without a body, and refuses it with some hundred bytes. */
const MAX_REPLY_BYTES = 65_536;

/**
 * Sends messages with SendGrid's own client, with one try each. A message counts as sent after the documented reply: status 202
 * (200 in sandbox mode) without a body. Redirects are not followed.
 * @throws FactorConfigError naming the option and what it accepts
 */
export function sendgrid(options: SendgridOptions): Channel {
  const { apiKey, from, templateId, sandbox, baseUrl, timeoutMs } = resolveOptions<SendgridOptions>(
    'sendgrid',
    options,
    {
      apiKey: {
        accepts: 'an API key that begins with "SG."',
        isValid: (value) => typeof value === 'string' && /^SG\.\S+$/.test(value),
      },
      from: textOption(320),
      templateId: optional({
        accepts: 'the id of a dynamic template: "d-" and 32 hexadecimal digits',
        isValid: (value) => typeof value === 'string' && /^d-[0-9a-f]{32}$/.test(value),
      }),
      sandbox: choiceOption(true, false),
      baseUrl: optional(baseUrlOption),
      timeoutMs: integerOption(50, 60_000),
    },
    { sandbox: false, timeoutMs: 30_000 },
  );
  // One service per message, because the client accepts an abort signal only as a default.
  const serviceFor = (signal: AbortSignal, key?: string): { readonly mail: InstanceType<typeof MailService> } & ServiceClient => {
    const mail = new MailService();
    const { client } = mail as unknown as ServiceClient;
    if (key !== undefined) mail.setApiKey(key); // it also sets the base URL
    client.setDefaultRequest({
      timeout: timeoutMs ?? 30_000,
      signal,
      maxRedirects: 0,
      maxContentLength: MAX_REPLY_BYTES,
      ...(baseUrl !== undefined && { baseUrl }),
    });
    return { mail, client };
  };
  const sendOne = async (message: MailDataRequired, signal: AbortSignal): Promise<void> => {
    const { mail } = serviceFor(signal, apiKey);
    const [{ statusCode, body }] = await mail.send(message);
    const isAccepted = statusCode === (sandbox === true ? 200 : 202) && String(body) === '';
    if (!isAccepted) throw new MessageNotAccepted();
  };
  const settings = {
    from,
    // No tracking pixel and no rewritten links: third parties must not learn who reads a code.
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
    reach: async (signal) => {
      try {
        await serviceFor(signal).client.request({ method: 'HEAD', url: '/v3/mail/send' });
      } catch (fault) {
        const isAnswered = typeof fault === 'object' && fault !== null && 'response' in fault && fault.response !== undefined;
        if (!isAnswered) throw fault;
      }
    },
  };
}
