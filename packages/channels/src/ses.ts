import { GetAccountCommand, SendEmailCommand, SESv2Client, type SESv2ClientConfig } from '@aws-sdk/client-sesv2';
import type { Channel, OutgoingMessage } from '@parse-factors/core/channel';
import { optional, patternOption, resolveOptions } from '@parse-factors/core/factor';
import { AWS_RULES, clientOption, ONE_TRY, reachAws, refuseRetries, sendByAws } from './support/aws.js';
import { notAccepted } from './support/faults.js';
import { mailHeader, mailSender, mailSenderOption, PROVIDER_DEFAULTS } from './support/provider-options.js';

/** Options of {@link ses}. */
export interface SesOptions {
  /** A verified sender: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
  /**
   * Settings of the client, such as `{ region, credentials }`; by default the SDK finds them as always: environment, profile,
   * role. It must not set retries.
   */
  readonly client?: SESv2ClientConfig;
  /** The name of a configuration set, for example one without tracking; the identity's own by default. */
  readonly configurationSetName?: string;
  /** Timeout of one request in milliseconds, 50 to 60,000; 30,000 by default. */
  readonly timeoutMs?: number;
}

/**
 * Sends mail by Amazon SES (API v2) with the AWS SDK's own client, with one try each. A message counts as sent after a reply
 * with a message id. SES reports about refused addresses only later, so any failure is one of the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function ses(options: SesOptions): Channel {
  const { from, client, configurationSetName, timeoutMs } = resolveOptions<SesOptions & Required<Pick<SesOptions, 'timeoutMs'>>>(
    'ses',
    options,
    {
      from: mailSenderOption,
      client: clientOption,
      configurationSetName: optional(patternOption(/^[\w-]{1,64}$/, 'the name of a configuration set')),
      ...AWS_RULES,
    },
    PROVIDER_DEFAULTS,
  );
  refuseRetries('ses', client);
  const sender = new SESv2Client({ ...client, ...ONE_TRY });
  const part = (text: string): { readonly Data: string; readonly Charset: string } => ({ Data: text, Charset: 'UTF-8' });
  const send = async ({ to, subject, text, html, signal }: OutgoingMessage): Promise<void> => {
    const command = new SendEmailCommand({
      FromEmailAddress: asciiHeader(from),
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: { Subject: part(subject), Body: { Text: part(text), ...(html !== undefined && { Html: part(html) }) } },
      },
      ...(configurationSetName !== undefined && { ConfigurationSetName: configurationSetName }),
    });
    const { MessageId } = await sendByAws(
      { signal, timeoutMs },
      (abortSignal) => sender.send(command, { abortSignal }),
      () => undefined,
    );
    if (typeof MessageId !== 'string' || MessageId === '') throw notAccepted('no_message_id');
  };
  const reach = (signal: AbortSignal): Promise<void> =>
    reachAws({ signal, timeoutMs }, (abortSignal) => sender.send(new GetAccountCommand({}), { abortSignal }));
  return { name: 'ses', send, notify: send, reach };
}

/** SES takes a name beyond ASCII only as an encoded word (RFC 2047). */
function asciiHeader(from: string): string {
  const { email, name = '' } = mailSender(from);
  if (/^[ -~]*$/.test(name)) return mailHeader(from);
  return `=?UTF-8?B?${Buffer.from(name).toString('base64')}?= <${email}>`;
}
