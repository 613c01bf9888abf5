import { resolveOptions, textOption, urlOption, type Channel, type Notice } from '@parse-factors/core';
import { createTransport } from 'nodemailer';

/** Options of {@link smtp}. */
export interface SmtpOptions {
  /**
   * The server: `smtps://user:password@host` (TLS from the start) or `smtp://user:password@host:587`
   * (STARTTLS, which is required unless the host is this machine).
   */
  readonly url: string;
  /** Sender: `codes@example.com` or `Acme <codes@example.com>`. */
  readonly from: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;

/**
 * Sends messages by SMTP with nodemailer, over pooled connections, one try each.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function smtp(options: SmtpOptions): Channel & { close(): void } {
  const { url, from } = resolveOptions<SmtpOptions>('smtp', options, {
    url: urlOption('smtps:', 'smtp:'),
    from: textOption(320),
  });
  const { hostname, port, protocol, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    pool: true,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !LOOPBACK.has(hostname),
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: IDLE_TIMEOUT_MS,
  });
  const send = async ({ to, subject, text, html }: Notice): Promise<void> => {
    await transport.sendMail({ to, from, subject, text, ...(html !== undefined && { html }) });
  };
  return {
    name: 'smtp',
    send,
    notify: send,
    /** Ends the pooled connections; call it when the server stops. */
    close: () => transport.close(),
  };
}
