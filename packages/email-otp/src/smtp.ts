import { MessageNotAccepted, type Channel, type OutgoingMessage } from '@parse-factors/core/channel';
import { isLoopback, resolveOptions, textOption, urlOption } from '@parse-factors/core/factor';
import { createTransport } from 'nodemailer';

/** Options of {@link smtp}. */
export interface SmtpOptions {
  /**
   * The server: `smtps://user:password@host` (TLS from the start) or `smtp://user:password@host:587` (STARTTLS, required unless
   * the host is localhost).
   */
  readonly url: string;
  /** Sender: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 30_000;
/** Servers close idle connections after minutes or seconds. A message sent over a closed connection fails. */
const IDLE_TIMEOUT_MS = 5_000;

/**
 * Sends messages by SMTP with nodemailer, over pooled connections. Each message is tried once, over one connection. On timeout
 * the message leaves the queue or its connection is closed, so a server that recovers does not deliver it late. A message
 * counts as sent after a 250 reply for its recipient.
 * @throws FactorConfigError naming the option and what it accepts
 */
export function smtp(options: SmtpOptions): Channel & { close(): void } {
  const { url, from } = resolveOptions<SmtpOptions>('smtp', options, {
    url: urlOption('smtps:', 'smtp:'),
    from: textOption(320),
  });
  const server = new URL(url);
  const { hostname, port, protocol, username, password } = server;
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    pool: true,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !isLoopback(server),
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    idleTimeout: IDLE_TIMEOUT_MS,
    // A message that timed out must not be sent later: no second connection, and unsent socket data is dropped.
    maxRequeues: 0,
    socketCloseTimeout: 0,
  });
  const send = async ({ to, subject, text, html, signal }: OutgoingMessage): Promise<void> => {
    const message = { to, from, subject, text, signal, ...(html !== undefined && { html }) };
    const { accepted, rejected, response } = await transport.sendMail(message);
    // RFC 5321, section 4.2.5: with 250 after the data, the server takes responsibility for the message.
    const isAccepted = /^250[ -]/.test(`${response} `) && accepted.includes(to) && rejected.length === 0;
    if (!isAccepted) throw new MessageNotAccepted();
  };
  return {
    name: 'smtp',
    send,
    notify: send,
    /** Connects and logs in, over a connection of its own. */
    reach: async () => void (await transport.verify()),
    /** Closes the pooled connections. Call it when the server stops. */
    close: () => transport.close(),
  };
}
