import { type Channel, type MailAdapter, type OutgoingMessage, serverMailAdapter } from '@parse-factors/core/channel';
import { choiceOption, optional, type OptionRule, resolveOptions } from '@parse-factors/core/factor';
import { notAccepted } from './support/faults.js';

/** Options of {@link parseMail}. */
export interface ParseMailOptions {
  /**
   * The adapter that sends; by default the one of the running server's option `emailAdapter`. Name it if one process runs
   * several servers.
   */
  readonly adapter?: MailAdapter;
  /** Whether the adapter also receives the HTML part, as `html`; true by default. */
  readonly html?: boolean;
}

const adapterOption: OptionRule = {
  accepts: 'a mail adapter of Parse Server, which has the method sendMail',
  isValid: (value) => typeof value === 'object' && value !== null && 'sendMail' in value && typeof value.sendMail === 'function',
};

/**
 * Sends mail by the adapter that Parse Server uses for its own mails: the option `emailAdapter`. It works with every adapter
 * that has `sendMail`, and with `parse-server-api-mail-adapter`. A message counts as sent when the adapter's promise resolves.
 * An adapter cannot be aborted, so a slow one may deliver a void code.
 *
 * @throws FactorConfigError naming the option and what it accepts
 * @example
 * ```ts
 * import { parseMail } from '@parse-factors/channels/parse-mail';
 * import { EmailOtpFactor } from '@parse-factors/email-otp';
 *
 * export const email = new EmailOtpFactor({ channel: parseMail() });
 * ```
 */
export function parseMail(options: ParseMailOptions = {}): Channel {
  const { adapter, html: withHtml } = resolveOptions<ParseMailOptions>(
    'parseMail',
    options,
    { adapter: optional(adapterOption), html: choiceOption(true, false) },
    { html: true },
  );
  const send = async ({ to, subject, text, html, signal }: OutgoingMessage): Promise<void> => {
    const sender = adapter ?? serverMailAdapter();
    if (sender === undefined) throw notAccepted('no_email_adapter');
    if (signal.aborted) throw notAccepted('timeout');
    // `to` is what Parse Server's own adapters take, `recipient` what parse-server-api-mail-adapter does.
    await sender.sendMail({ to, recipient: to, subject, text, ...(html !== undefined && withHtml === true && { html }) });
  };
  return { name: 'parse-mail', send, notify: send };
}
